"""The parts of the pages, a folder a page. A file in pages/ itself would be listed as a page."""
