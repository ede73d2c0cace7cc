ALTER TABLE `attempts` ADD `accepted_at` integer;--> statement-breakpoint
ALTER TABLE `attempts` ADD `sent_at` integer;--> statement-breakpoint
ALTER TABLE `attempts` ADD `delivered_at` integer;--> statement-breakpoint
ALTER TABLE `attempts` ADD `read_at` integer;--> statement-breakpoint
ALTER TABLE `attempts` ADD `failed_at` integer;--> statement-breakpoint
ALTER TABLE `attempts` ADD `failure` text;--> statement-breakpoint
ALTER TABLE `attempts` ADD `retry_at` integer;--> statement-breakpoint
ALTER TABLE `campaigns` ADD `answer_outcomes` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `campaigns` ADD `told_outcomes` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `campaigns` ADD `breaker_from` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `senders` ADD `hold_set_at` integer;--> statement-breakpoint
ALTER TABLE `senders` ADD `resumed_at` integer;--> statement-breakpoint
ALTER TABLE `campaigns` DROP COLUMN `template_errors`;--> statement-breakpoint
-- A result of an attempt that a lost node had begun may leave no time, no campaign or no text for another one.
INSERT INTO status_moves (machine, from_status, to_status) VALUES
  ('message', 'unknown', 'skipped'),
  ('message', 'unknown', 'expired'),
  ('message', 'unknown', 'cancelled');
--> statement-breakpoint
-- What a message has learned so far it has learned of its last attempt. A failure that no answer told came later.
UPDATE attempts SET accepted_at = m.accepted_at, sent_at = m.sent_at, delivered_at = m.delivered_at, read_at = m.read_at,
  failed_at = CASE WHEN attempts.outcome IN ('accepted', 'unknown') THEN m.failed_at END,
  failure = CASE WHEN attempts.outcome IN ('accepted', 'unknown') AND m.failed_at IS NOT NULL THEN 'unknown' END
FROM messages m WHERE m.attempt_id = attempts.id;
--> statement-breakpoint
-- An operator's word that a message failed is kept like a refusal.
UPDATE attempts SET outcome = 'refused', failed_at = NULL, failure = NULL
FROM messages m WHERE m.attempt_id = attempts.id AND m.status = 'failed' AND m.reason = 'resolved_by_operator';
--> statement-breakpoint
UPDATE attempts SET retry_at = m.due_at
FROM messages m WHERE m.id = attempts.message_id AND attempts.outcome IS NOT NULL
  AND (m.attempt_id <> attempts.id OR m.status = 'pending');
