CREATE TABLE `duties` (
	`work` text NOT NULL,
	`subject_id` integer NOT NULL,
	`node_id` integer,
	`mark` text,
	PRIMARY KEY(`work`, `subject_id`)
);
--> statement-breakpoint
CREATE TABLE `troubles` (
	`work` text NOT NULL,
	`subject_id` integer NOT NULL,
	`node_id` integer NOT NULL,
	`code` text NOT NULL,
	`message` text NOT NULL,
	`hint` text,
	`since` integer NOT NULL,
	`tries` integer NOT NULL,
	`next_try_at` integer NOT NULL,
	PRIMARY KEY(`work`, `subject_id`, `node_id`)
);
--> statement-breakpoint
ALTER TABLE `imports` ADD `stayed` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `contact_senders_block` ON `contact_senders` (`blocked_until`) WHERE blocked_until is not null;--> statement-breakpoint
CREATE INDEX `import_changes_named` ON `import_changes` (`contact_id`) WHERE kind = 'named';--> statement-breakpoint
INSERT INTO `duties` (`work`, `subject_id`, `mark`) SELECT 'polling', s.`id`, p.`value` FROM `senders` s, `settings` p WHERE p.`key` = 'polledThrough';--> statement-breakpoint
DELETE FROM `settings` WHERE `key` = 'polledThrough';
