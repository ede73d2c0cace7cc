CREATE TABLE `templates` (
	`id` integer PRIMARY KEY NOT NULL,
	`sender_id` integer NOT NULL,
	`name` text NOT NULL,
	`language` text NOT NULL,
	`title` text NOT NULL,
	`status` text NOT NULL,
	`status_detail` text NOT NULL,
	`category` text,
	`namespace` text,
	`quality` text,
	`shape` text,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`sender_id`) REFERENCES `senders`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `templates_name` ON `templates` (`sender_id`,`name`,`language`);--> statement-breakpoint
ALTER TABLE `senders` ADD `templates_synced_at` integer;