// What pages do when scripts run. Without it every form and link still works; only live numbers stand still.
