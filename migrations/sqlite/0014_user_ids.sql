CREATE TABLE `contact_user_ids` (
	`user_id` text PRIMARY KEY NOT NULL,
	`contact_id` integer NOT NULL,
	`learned_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `contact_user_ids_contact` ON `contact_user_ids` (`contact_id`);--> statement-breakpoint
CREATE TABLE `former_numbers` (
	`contact_id` integer NOT NULL,
	`key` text NOT NULL,
	`phone` text NOT NULL,
	`changed_at` integer NOT NULL,
	PRIMARY KEY(`contact_id`, `key`)
);
