DROP INDEX "api_keys_user";--> statement-breakpoint
DROP INDEX "attempts_message";--> statement-breakpoint
DROP INDEX "campaign_revisions_opt_out";--> statement-breakpoint
DROP INDEX "campaigns_tick";--> statement-breakpoint
DROP INDEX "campaigns_status";--> statement-breakpoint
DROP INDEX "campaigns_moved";--> statement-breakpoint
DROP INDEX "campaigns_next";--> statement-breakpoint
DROP INDEX "campaigns_stopped";--> statement-breakpoint
DROP INDEX "consents_contact";--> statement-breakpoint
DROP INDEX "imports_list";--> statement-breakpoint
DROP INDEX "imports_fingerprint";--> statement-breakpoint
DROP INDEX "messages_contact";--> statement-breakpoint
DROP INDEX "messages_pending";--> statement-breakpoint
DROP INDEX "messages_sending";--> statement-breakpoint
DROP INDEX "replies_received";--> statement-breakpoint
DROP INDEX "replies_user";--> statement-breakpoint
DROP INDEX "runs_campaign";--> statement-breakpoint
DROP INDEX "runs_open";--> statement-breakpoint
DROP INDEX "runs_finished";--> statement-breakpoint
DROP INDEX "runs_proof";--> statement-breakpoint
DROP INDEX "senders_paused";--> statement-breakpoint
DROP INDEX "templates_stopped";--> statement-breakpoint
DROP INDEX "webhook_events_due";--> statement-breakpoint
DROP INDEX "webhook_events_node";--> statement-breakpoint
CREATE INDEX "api_keys_user" ON "api_keys" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "attempts_message" ON "attempts" USING btree ("message_id","id");--> statement-breakpoint
CREATE INDEX "campaign_revisions_opt_out" ON "campaign_revisions" USING btree ("campaign_id","id") WHERE opt_out_payloads <> '[]';--> statement-breakpoint
CREATE INDEX "campaigns_tick" ON "campaigns" USING btree ("next_tick_at","id");--> statement-breakpoint
CREATE INDEX "campaigns_status" ON "campaigns" USING btree ("status","id");--> statement-breakpoint
CREATE INDEX "campaigns_moved" ON "campaigns" USING btree ("status","updated_at","id");--> statement-breakpoint
CREATE INDEX "campaigns_next" ON "campaigns" USING btree ("next_tick_at","id") WHERE status = 'scheduled';--> statement-breakpoint
CREATE INDEX "campaigns_stopped" ON "campaigns" USING btree ("updated_at","id") WHERE status = 'paused' and pause_reason <> 'operator';--> statement-breakpoint
CREATE INDEX "consents_contact" ON "consents" USING btree ("contact_id","id");--> statement-breakpoint
CREATE INDEX "imports_list" ON "imports" USING btree ("list_id","status","id");--> statement-breakpoint
CREATE INDEX "imports_fingerprint" ON "imports" USING btree ("fingerprint","id");--> statement-breakpoint
CREATE INDEX "messages_contact" ON "messages" USING btree ("contact_id","id");--> statement-breakpoint
CREATE INDEX "messages_pending" ON "messages" USING btree ("run_id","due_at","scheduled_at","id") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "messages_sending" ON "messages" USING btree ("node_id","id") WHERE status = 'sending';--> statement-breakpoint
CREATE INDEX "replies_received" ON "replies" USING btree ("received_at","id");--> statement-breakpoint
CREATE INDEX "replies_user" ON "replies" USING btree ("user_id","id") WHERE contact_id is null;--> statement-breakpoint
CREATE INDEX "runs_campaign" ON "runs" USING btree ("campaign_id","status","created_at","id");--> statement-breakpoint
CREATE INDEX "runs_open" ON "runs" USING btree ("sender_id","status","id") WHERE status in ('planning', 'sending');--> statement-breakpoint
CREATE INDEX "runs_finished" ON "runs" USING btree ("finished_at","id") WHERE finished_at is not null;--> statement-breakpoint
CREATE INDEX "runs_proof" ON "runs" USING btree ("sender_id","id") WHERE seeks_proof = 1;--> statement-breakpoint
CREATE INDEX "senders_paused" ON "senders" USING btree ("name","id") WHERE status = 'paused';--> statement-breakpoint
CREATE INDEX "templates_stopped" ON "templates" USING btree ("updated_at","id") WHERE status in ('rejected', 'paused', 'disabled');--> statement-breakpoint
CREATE INDEX "webhook_events_due" ON "webhook_events" USING btree ("next_try_at","id") WHERE next_try_at is not null;--> statement-breakpoint
CREATE INDEX "webhook_events_node" ON "webhook_events" USING btree ("node_id","id") WHERE node_id is not null;