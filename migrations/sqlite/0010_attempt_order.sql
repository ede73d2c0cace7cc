ALTER TABLE `campaigns` ADD `breaker_after` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `campaigns` DROP COLUMN `breaker_from`;--> statement-breakpoint
ALTER TABLE `senders` ADD `hold_after` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `senders` ADD `resumed_after` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `senders` DROP COLUMN `hold_set_at`;--> statement-breakpoint
ALTER TABLE `senders` DROP COLUMN `resumed_at`;--> statement-breakpoint
-- Every attempt so far counts as one of before.
UPDATE senders SET hold_after = (SELECT coalesce(max(id), 0) FROM attempts),
  resumed_after = (SELECT coalesce(max(id), 0) FROM attempts);
--> statement-breakpoint
UPDATE campaigns SET breaker_after = (SELECT coalesce(max(id), 0) FROM attempts);
