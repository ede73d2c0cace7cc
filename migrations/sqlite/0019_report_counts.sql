CREATE TABLE `campaign_counts` (
	`campaign_id` integer NOT NULL,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`reason` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`campaign_id`, `kind`, `status`, `reason`)
);
--> statement-breakpoint
INSERT INTO `campaign_counts` (`campaign_id`, `kind`, `status`, `reason`, `count`)
SELECT r.campaign_id, r.kind, k.status, k.reason, sum(k.count) FROM run_counts k JOIN runs r ON r.id = k.run_id GROUP BY 1, 2, 3, 4;
--> statement-breakpoint
CREATE INDEX `campaign_counts_unknown` ON `campaign_counts` (`campaign_id`,`kind`,`reason`,`count`) WHERE status = 'unknown' and count > 0;--> statement-breakpoint
DROP INDEX `messages_unknown`;--> statement-breakpoint
CREATE INDEX `messages_contact` ON `messages` (`contact_id`);--> statement-breakpoint
CREATE INDEX `messages_unknown` ON `messages` (`run_id`,`id`,`reason`,`expires_at`) WHERE status = 'unknown';--> statement-breakpoint
CREATE INDEX `list_members_contact` ON `list_members` (`contact_id`);--> statement-breakpoint
CREATE INDEX `runs_newest` ON `runs` (`campaign_id`,`id`,`kind`,`audience_count`);--> statement-breakpoint
CREATE INDEX `suppressions_kind` ON `suppressions` (`scope`,`reason`,`id`);