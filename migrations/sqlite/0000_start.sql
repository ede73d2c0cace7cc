CREATE TABLE `attempts` (
	`id` integer PRIMARY KEY NOT NULL,
	`message_id` integer NOT NULL,
	`node_id` integer NOT NULL,
	`sender_id` integer NOT NULL,
	`account` text NOT NULL,
	`start_at_us` integer NOT NULL,
	`ended_at` integer,
	`outcome` text,
	`http_status` integer,
	`provider_code` text,
	`provider_text` text,
	`tracking_id` text,
	`provider_at` text,
	FOREIGN KEY (`message_id`) REFERENCES `messages`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `attempts_message` ON `attempts` (`message_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `attempts_tracking` ON `attempts` (`account`,`tracking_id`) WHERE tracking_id is not null;--> statement-breakpoint
CREATE TABLE `campaign_revisions` (
	`id` integer PRIMARY KEY NOT NULL,
	`campaign_id` integer NOT NULL,
	`number` integer NOT NULL,
	`definition` text NOT NULL,
	`use_case` text NOT NULL,
	`tags` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`campaign_id`) REFERENCES `campaigns`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `campaign_revisions_number` ON `campaign_revisions` (`campaign_id`,`number`);--> statement-breakpoint
CREATE TABLE `campaigns` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`pause_reason` text,
	`pause_detail` text,
	`revision_id` integer,
	`sender_id` integer NOT NULL,
	`priority` integer NOT NULL,
	`rate_per_second` real,
	`last_start_at_us` integer,
	`template_errors` integer DEFAULT 0 NOT NULL,
	`launched_at` integer,
	`decided_until` integer DEFAULT 0 NOT NULL,
	`next_tick_at` integer,
	`runs_started` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`sender_id`) REFERENCES `senders`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `campaigns_name_unique` ON `campaigns` (`name`);--> statement-breakpoint
CREATE INDEX `campaigns_tick` ON `campaigns` (`next_tick_at`);--> statement-breakpoint
CREATE TABLE `cap_uses` (
	`message_id` integer PRIMARY KEY NOT NULL,
	`contact_id` integer NOT NULL,
	`campaign_id` integer NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `cap_uses_contact` ON `cap_uses` (`contact_id`,`at`);--> statement-breakpoint
CREATE TABLE `contact_senders` (
	`contact_id` integer NOT NULL,
	`sender_id` integer NOT NULL,
	`last_claim_at` integer,
	`last_inbound_at` integer,
	`blocked_until` integer,
	PRIMARY KEY(`contact_id`, `sender_id`)
);
--> statement-breakpoint
CREATE INDEX `contact_senders_claim` ON `contact_senders` (`sender_id`,`last_claim_at`);--> statement-breakpoint
CREATE TABLE `contacts` (
	`id` integer PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`phone` text NOT NULL,
	`attributes` text NOT NULL,
	`zone` text,
	`consent` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`erased_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `contacts_key_unique` ON `contacts` (`key`);--> statement-breakpoint
CREATE TABLE `import_changes` (
	`import_id` integer NOT NULL,
	`contact_id` integer NOT NULL,
	`kind` text NOT NULL,
	`before` text NOT NULL,
	PRIMARY KEY(`import_id`, `contact_id`, `kind`),
	FOREIGN KEY (`import_id`) REFERENCES `imports`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `imports` (
	`id` integer PRIMARY KEY NOT NULL,
	`list_id` integer NOT NULL,
	`status` text NOT NULL,
	`file_name` text NOT NULL,
	`fingerprint` text NOT NULL,
	`encoding` text NOT NULL,
	`delimiter` text NOT NULL,
	`options` text NOT NULL,
	`staging_path` text,
	`people` integer DEFAULT 0 NOT NULL,
	`applied_through` integer DEFAULT 0 NOT NULL,
	`rows` integer DEFAULT 0 NOT NULL,
	`added` integer DEFAULT 0 NOT NULL,
	`updated` integer DEFAULT 0 NOT NULL,
	`unchanged` integer DEFAULT 0 NOT NULL,
	`duplicates` integer DEFAULT 0 NOT NULL,
	`suppressed` integer DEFAULT 0 NOT NULL,
	`rejected` integer DEFAULT 0 NOT NULL,
	`warnings` text NOT NULL,
	`node_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`applied_at` integer,
	`undone_at` integer,
	FOREIGN KEY (`list_id`) REFERENCES `lists`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `imports_list` ON `imports` (`list_id`,`status`);--> statement-breakpoint
CREATE INDEX `imports_fingerprint` ON `imports` (`fingerprint`);--> statement-breakpoint
CREATE TABLE `list_members` (
	`list_id` integer NOT NULL,
	`contact_id` integer NOT NULL,
	`import_id` integer,
	`added_at` integer NOT NULL,
	PRIMARY KEY(`list_id`, `contact_id`),
	FOREIGN KEY (`list_id`) REFERENCES `lists`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`contact_id`) REFERENCES `contacts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `lists` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`fields` text NOT NULL,
	`created_at` integer NOT NULL,
	`deleted_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `lists_name_unique` ON `lists` (`name`);--> statement-breakpoint
CREATE TABLE `messages` (
	`id` integer PRIMARY KEY NOT NULL,
	`run_id` integer NOT NULL,
	`contact_id` integer NOT NULL,
	`revision_id` integer NOT NULL,
	`status` text NOT NULL,
	`reason` text,
	`wait_reason` text,
	`detail` text,
	`scheduled_at` integer NOT NULL,
	`due_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`variables` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`attempt_id` integer,
	`node_id` integer,
	`accepted_at` integer,
	`sent_at` integer,
	`delivered_at` integer,
	`read_at` integer,
	`failed_at` integer,
	`notes` text,
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`contact_id`) REFERENCES `contacts`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "messages_why" CHECK(status not in ('failed', 'skipped', 'unknown') or reason is not null),
	CONSTRAINT "messages_holder" CHECK(status <> 'sending' or (node_id is not null and attempt_id is not null))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `messages_run_contact` ON `messages` (`run_id`,`contact_id`);--> statement-breakpoint
CREATE INDEX `messages_pending` ON `messages` (`run_id`,`due_at`,`scheduled_at`) WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX `messages_sending` ON `messages` (`node_id`) WHERE status = 'sending';--> statement-breakpoint
CREATE INDEX `messages_unknown` ON `messages` (`run_id`) WHERE status = 'unknown';--> statement-breakpoint
CREATE TABLE `nodes` (
	`id` integer PRIMARY KEY NOT NULL,
	`host` text NOT NULL,
	`pid` integer NOT NULL,
	`app_version` text NOT NULL,
	`started_at` integer NOT NULL,
	`heartbeat_at` integer NOT NULL,
	`lease_until` integer NOT NULL,
	`stopped_at` integer
);
--> statement-breakpoint
CREATE TABLE `rejects` (
	`import_id` integer NOT NULL,
	`line` integer NOT NULL,
	`column_name` text NOT NULL,
	`code` text NOT NULL,
	`detail` text NOT NULL,
	`cells` text NOT NULL,
	PRIMARY KEY(`import_id`, `line`),
	FOREIGN KEY (`import_id`) REFERENCES `imports`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `run_counts` (
	`run_id` integer NOT NULL,
	`status` text NOT NULL,
	`reason` text NOT NULL,
	`node_id` integer NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`run_id`, `status`, `reason`, `node_id`)
);
--> statement-breakpoint
CREATE TABLE `runs` (
	`id` integer PRIMARY KEY NOT NULL,
	`campaign_id` integer NOT NULL,
	`revision_id` integer NOT NULL,
	`sender_id` integer NOT NULL,
	`kind` text NOT NULL,
	`occurrence_key` text NOT NULL,
	`occurrence_at` integer NOT NULL,
	`occurrence_local` integer NOT NULL,
	`status` text NOT NULL,
	`reason` text,
	`warnings` text NOT NULL,
	`audience_count` integer DEFAULT 0 NOT NULL,
	`planned_through` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`planned_at` integer,
	`started_at` integer,
	`finished_at` integer,
	FOREIGN KEY (`campaign_id`) REFERENCES `campaigns`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `runs_occurrence` ON `runs` (`campaign_id`,`occurrence_key`);--> statement-breakpoint
CREATE INDEX `runs_open` ON `runs` (`sender_id`,`status`) WHERE status in ('planning', 'sending');--> statement-breakpoint
CREATE TABLE `senders` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`provider` text NOT NULL,
	`account` text NOT NULL,
	`status` text NOT NULL,
	`pause_reason` text,
	`pause_detail` text,
	`base_url` text,
	`credentials` text NOT NULL,
	`webhook_token` text NOT NULL,
	`rate_per_second` real NOT NULL,
	`daily_limit` integer,
	`pair_interval_ms` integer NOT NULL,
	`concurrency` integer,
	`last_start_at_us` integer,
	`hold_until` integer,
	`throttles` integer DEFAULT 0 NOT NULL,
	`daily_used` integer DEFAULT 0 NOT NULL,
	`daily_horizon_at` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `senders_name_unique` ON `senders` (`name`);--> statement-breakpoint
CREATE TABLE `settings` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `status_moves` (
	`machine` text NOT NULL,
	`from_status` text NOT NULL,
	`to_status` text NOT NULL,
	PRIMARY KEY(`machine`, `from_status`, `to_status`)
);
--> statement-breakpoint
CREATE TABLE `suppressions` (
	`id` integer PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`scope` text NOT NULL,
	`reason` text NOT NULL,
	`evidence` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `suppressions_key_scope` ON `suppressions` (`key`,`scope`);--> statement-breakpoint
CREATE TABLE `webhook_events` (
	`id` integer PRIMARY KEY NOT NULL,
	`sender_id` integer NOT NULL,
	`received_at` integer NOT NULL,
	`body_sha256` text NOT NULL,
	`body` text NOT NULL,
	`applied_at` integer,
	`next_try_at` integer,
	`tries` integer DEFAULT 0 NOT NULL,
	`apply_error` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `webhook_events_body` ON `webhook_events` (`sender_id`,`body_sha256`);--> statement-breakpoint
CREATE INDEX `webhook_events_due` ON `webhook_events` (`next_try_at`) WHERE next_try_at is not null;