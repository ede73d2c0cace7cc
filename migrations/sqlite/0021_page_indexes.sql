DROP INDEX `campaigns_paused`;--> statement-breakpoint
CREATE INDEX `campaigns_status` ON `campaigns` (`status`);--> statement-breakpoint
CREATE INDEX `campaigns_moved` ON `campaigns` (`status`,`updated_at`);--> statement-breakpoint
CREATE INDEX `campaigns_next` ON `campaigns` (`next_tick_at`) WHERE status = 'scheduled';--> statement-breakpoint
CREATE INDEX `campaigns_stopped` ON `campaigns` (`updated_at`) WHERE status = 'paused' and pause_reason <> 'operator';--> statement-breakpoint
CREATE INDEX `runs_finished` ON `runs` (`finished_at`) WHERE finished_at is not null;--> statement-breakpoint
CREATE INDEX `senders_paused` ON `senders` (`name`) WHERE status = 'paused';--> statement-breakpoint
CREATE INDEX `templates_stopped` ON `templates` (`updated_at`) WHERE status in ('rejected', 'paused', 'disabled');