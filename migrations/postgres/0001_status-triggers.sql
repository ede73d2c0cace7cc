-- The legal moves of message, run and campaign (domain/*-status.ts), and triggers that refuse every other one.
INSERT INTO status_moves (machine, from_status, to_status) VALUES
  ('message', 'unknown', 'skipped'),
  ('message', 'unknown', 'expired'),
  ('message', 'unknown', 'cancelled'),
  ('message', 'pending', 'sending'),
  ('message', 'pending', 'accepted'),
  ('message', 'pending', 'skipped'),
  ('message', 'pending', 'expired'),
  ('message', 'pending', 'cancelled'),
  ('message', 'sending', 'accepted'),
  ('message', 'sending', 'failed'),
  ('message', 'sending', 'unknown'),
  ('message', 'sending', 'pending'),
  ('message', 'sending', 'skipped'),
  ('message', 'sending', 'expired'),
  ('message', 'sending', 'cancelled'),
  ('message', 'unknown', 'accepted'),
  ('message', 'unknown', 'sent'),
  ('message', 'unknown', 'delivered'),
  ('message', 'unknown', 'read'),
  ('message', 'unknown', 'failed'),
  ('message', 'unknown', 'pending'),
  ('message', 'accepted', 'sent'),
  ('message', 'accepted', 'delivered'),
  ('message', 'accepted', 'read'),
  ('message', 'accepted', 'failed'),
  ('message', 'accepted', 'pending'),
  ('message', 'sent', 'delivered'),
  ('message', 'sent', 'read'),
  ('message', 'sent', 'failed'),
  ('message', 'sent', 'pending'),
  ('message', 'delivered', 'read'),
  ('message', 'failed', 'accepted'),
  ('message', 'failed', 'sent'),
  ('message', 'failed', 'delivered'),
  ('message', 'failed', 'read'),
  ('run', 'planning', 'sending'),
  ('run', 'planning', 'finished'),
  ('run', 'planning', 'cancelled'),
  ('run', 'sending', 'finished'),
  ('run', 'sending', 'cancelled'),
  ('run', 'finished', 'sending'),
  ('campaign', 'draft', 'scheduled'),
  ('campaign', 'draft', 'archived'),
  ('campaign', 'scheduled', 'running'),
  ('campaign', 'scheduled', 'paused'),
  ('campaign', 'scheduled', 'finished'),
  ('campaign', 'scheduled', 'cancelled'),
  ('campaign', 'running', 'paused'),
  ('campaign', 'running', 'finished'),
  ('campaign', 'running', 'cancelled'),
  ('campaign', 'paused', 'scheduled'),
  ('campaign', 'paused', 'running'),
  ('campaign', 'paused', 'finished'),
  ('campaign', 'paused', 'cancelled'),
  ('campaign', 'finished', 'running'),
  ('campaign', 'finished', 'archived'),
  ('campaign', 'cancelled', 'archived');
--> statement-breakpoint
CREATE FUNCTION refuse_illegal_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM status_moves
    WHERE machine = TG_ARGV[0] AND from_status = OLD.status AND to_status = NEW.status
  ) THEN
    RAISE EXCEPTION 'illegal move of a %', TG_ARGV[0];
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER messages_status BEFORE UPDATE OF status ON messages
FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_illegal_move('message');
--> statement-breakpoint
CREATE TRIGGER runs_status BEFORE UPDATE OF status ON runs
FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_illegal_move('run');
--> statement-breakpoint
CREATE TRIGGER campaigns_status BEFORE UPDATE OF status ON campaigns
FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_illegal_move('campaign');
