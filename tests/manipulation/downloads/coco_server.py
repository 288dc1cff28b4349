"""A server of COCO's addresses in a thread, with the faults that servers and networks have."""

import io
import json
import threading
import zipfile
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image
from skimage import data

CATEGORIES = [{"id": 1, "name": "cat"}, {"id": 2, "name": "cup"}]
LICENCES = [{"id": 4, "name": "Attribution License", "url": "http://by.example/2.0/"}]
ARCHIVE = "/annotations/annotations_trainval2017.zip"


def jpeg(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def split_files(name, photographs):
    """The photographs of a split by path, and its instances file."""
    files, images, objects = {}, [], []
    for image_id, pixels in photographs.items():
        path = f"/{name}/{image_id:012d}.jpg"
        files[path] = jpeg(pixels)
        height, width = pixels.shape[:2]
        images.append(
            {
                "license": 4, "file_name": f"{image_id:012d}.jpg", "height": height, "width": width,
                "coco_url": f"http://images.cocodataset.org{path}", "id": image_id,
                "flickr_url": f"http://flickr.example/{image_id}.jpg",
            }
        )  # fmt: skip
        for number, category in enumerate((1, 2)):
            box = [10, 10, 60, 10, 60, 70, 10, 70]
            objects.append(
                {
                    "id": 10 * image_id + number, "image_id": image_id, "category_id": category,
                    "iscrowd": 0, "area": 3000.0, "bbox": [10, 10, 50, 60], "segmentation": [box],
                }
            )  # fmt: skip
    instances = {
        "info": {"description": name}, "licenses": LICENCES, "images": images,
        "annotations": objects, "categories": CATEGORIES,
    }  # fmt: skip
    return files, json.dumps(instances).encode()


def published():
    """All files by path, and the SHA-256 of what the archive holds and of itself."""
    validation, train = (
        {139: data.chelsea(), 285: data.coffee(), 632: data.rocket()},
        {9: data.cat()},
    )
    files, instances = {}, {}
    for name, photographs in (("val2017", validation), ("train2017", train)):
        more, instances[name] = split_files(name, photographs)
        files |= more
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in instances.items():
            archive.writestr(f"annotations/captions_{name}.json", bytes(range(256)) * 2000)
            archive.writestr(f"annotations/instances_{name}.json", content)
        archive.writestr("annotations/other.json", sha256(b"x").digest() * 4000)
    files[ARCHIVE] = buffer.getvalue()
    return files, {name: sha256(content).hexdigest() for name, content in instances.items()}


class Server:
    """Files by path, and how they are served.

    `ranges` sends byte ranges; `cut_after` bytes of a body the connection ends, `cuts` times;
    `busy` answers 503 as often; `web_page` answers all with one; `etags` names versions.
    """

    def __init__(self, files):
        self.files = dict(files)
        self.ranges = self.etags = True
        self.cut_after, self.cuts, self.busy, self.web_page = None, 0, 0, False
        self.asked, self.sent_bytes = [], 0

    @contextmanager
    def running(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server.answer(self)

            def log_message(self, *arguments):
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
            thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield f"http://127.0.0.1:{http.server_port}"
            finally:
                http.shutdown()
                thread.join()

    def answer(self, handler):
        asked = handler.headers.get("Range")
        self.asked.append((handler.path, asked))
        handler.close_connection = True
        if self.busy:
            self.busy -= 1
            return handler.send_error(503)
        if self.web_page:
            return self.send(
                handler, 200, b"<html>Please log in</html>", {"Content-Type": "text/html"}
            )
        content = self.files.get(handler.path)
        if content is None:
            return handler.send_error(404)
        etag = f'"{sha256(content).hexdigest()[:8]}"'
        fields = {"Content-Type": "application/octet-stream"} | (
            {"ETag": etag} if self.etags else {}
        )
        same = handler.headers.get("If-Range") in (None, etag)
        if not (asked and self.ranges and same):
            return self.send(handler, 200, content, fields)
        first, _, last = asked.removeprefix("bytes=").partition("-")
        first, last = int(first), min(int(last or len(content) - 1), len(content) - 1)
        if first >= len(content):
            return handler.send_error(416)
        fields["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        return self.send(handler, 206, content[first : last + 1], fields)

    def send(self, handler, status, body, fields):
        handler.send_response(status)
        for name, value in {**fields, "Content-Length": len(body)}.items():
            handler.send_header(name, str(value))
        handler.end_headers()
        if self.cuts and self.cut_after is not None and len(body) > self.cut_after:
            self.cuts -= 1
            body = body[: self.cut_after]
        self.sent_bytes += len(body)
        handler.wfile.write(body)
