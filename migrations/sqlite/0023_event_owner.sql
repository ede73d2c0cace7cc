ALTER TABLE `webhook_events` ADD `node_id` integer;--> statement-breakpoint
CREATE INDEX `webhook_events_node` ON `webhook_events` (`node_id`) WHERE node_id is not null;