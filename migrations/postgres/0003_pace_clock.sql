ALTER TABLE "senders" ADD COLUMN "pace_boot" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "senders" ADD COLUMN "pace_ahead_us" bigint;