ALTER TABLE `campaigns` ADD `pause_when_failed` real;--> statement-breakpoint
ALTER TABLE `runs` ADD `last_results` text DEFAULT '' NOT NULL;