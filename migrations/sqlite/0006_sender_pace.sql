ALTER TABLE `senders` ADD `pace_node_id` integer;--> statement-breakpoint
ALTER TABLE `senders` ADD `sole_until_us` integer;--> statement-breakpoint
ALTER TABLE `senders` ADD `shared_until_us` integer;