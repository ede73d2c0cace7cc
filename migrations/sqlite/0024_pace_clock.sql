ALTER TABLE `senders` ADD `pace_boot` text;--> statement-breakpoint
ALTER TABLE `senders` ADD `pace_ahead_us` integer;