ALTER TABLE `runs` ADD `seeks_proof` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `runs_proof` ON `runs` (`sender_id`) WHERE seeks_proof = 1;--> statement-breakpoint
UPDATE `runs` SET `seeks_proof` = 1 WHERE `id` IN (SELECT `run_id` FROM `messages` WHERE `status` = 'unknown' AND `reason` NOT IN ('proof_expired', 'restored'));
