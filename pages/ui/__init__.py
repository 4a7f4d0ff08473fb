"""What several pages share. A folder, because a file in pages/ would be listed as a page."""
