ALTER TABLE `senders` ADD `former_webhook_token` text;--> statement-breakpoint
ALTER TABLE `senders` ADD `former_webhook_until` integer;