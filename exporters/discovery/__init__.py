"""Service discovery: what there is to scrape in the cluster, told to Prometheus over HTTP and in files."""
