CREATE TABLE `consents` (
	`id` integer PRIMARY KEY NOT NULL,
	`contact_id` integer NOT NULL,
	`consent` text NOT NULL,
	`evidence` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `consents_contact` ON `consents` (`contact_id`);--> statement-breakpoint
CREATE TABLE `replies` (
	`id` integer PRIMARY KEY NOT NULL,
	`contact_id` integer,
	`sender_id` integer NOT NULL,
	`received_at` integer NOT NULL,
	`written_at` integer NOT NULL,
	`kind` text NOT NULL,
	`text` text NOT NULL,
	`payload` text,
	`user_id` text,
	`message_id` integer,
	`reading` text NOT NULL,
	`is_open` integer NOT NULL,
	`settled_as` text,
	`settled_by` text,
	`settled_at` integer,
	`origin_sha256` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `replies_origin` ON `replies` (`sender_id`,`origin_sha256`);--> statement-breakpoint
CREATE INDEX `replies_open` ON `replies` (`is_open`,`id`);--> statement-breakpoint
CREATE INDEX `replies_reading` ON `replies` (`reading`,`is_open`,`id`);--> statement-breakpoint
CREATE INDEX `replies_contact` ON `replies` (`contact_id`,`id`);--> statement-breakpoint
CREATE INDEX `replies_received` ON `replies` (`received_at`);--> statement-breakpoint
CREATE INDEX `replies_user` ON `replies` (`user_id`) WHERE contact_id is null;