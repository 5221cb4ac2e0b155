"""One writer per scanner vendor: files that look like those of the vendor, with an invented patient."""
