ALTER TABLE `lists` ADD `members` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE lists SET members = (SELECT count(*) FROM list_members m WHERE m.list_id = lists.id);
