ALTER TABLE `campaigns` ADD `committed_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `campaigns` ADD `paused_at` integer;--> statement-breakpoint
ALTER TABLE `runs` ADD `committed_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `runs` ADD `paused_from` integer;--> statement-breakpoint
CREATE INDEX `runs_campaign` ON `runs` (`campaign_id`,`status`,`created_at`);--> statement-breakpoint
UPDATE campaigns SET committed_at = launched_at WHERE launched_at IS NOT NULL;
--> statement-breakpoint
-- Until here a time to come was marked by the moment before it.
UPDATE campaigns SET decided_until = launched_at WHERE status = 'scheduled' AND runs_started = 0 AND decided_until > launched_at;
--> statement-breakpoint
UPDATE campaigns SET paused_at = updated_at WHERE status = 'paused';
