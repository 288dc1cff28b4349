"""Files from the network: fetched with resume and checksums, and COCO's archive in parts."""
