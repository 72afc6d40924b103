"""Starting, watching and ending the processes of the portal. Nothing here imports Django."""
