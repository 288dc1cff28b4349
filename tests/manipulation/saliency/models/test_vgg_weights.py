import pytest
import torch

from manipulation.downloads import remote
from manipulation.saliency.models import vgg_weights as weights
from manipulation.saliency.models.vgg import CAFFE, TORCHVISION, VGGFeatures
from manipulation.saliency.models.vgg_weights import Download, load_vgg, save_vgg
from stimuli.support.errors import InputError
from stimuli.support.files import sha256


@pytest.fixture
def vgg():
    return VGGFeatures(channels=(2, 2, 3, 3, 4)).initialise(torch.Generator().manual_seed(0))


def torchvision_state(vgg):
    """The state dict of such a network in torchvision's naming, with a classifier."""
    places = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
    state = {"classifier.0.weight": torch.zeros(2, 2)}
    for place, module in zip(places, vgg.children(), strict=True):
        state[f"features.{place}.weight"] = module.weight.data
        state[f"features.{place}.bias"] = module.bias.data
    return state


def same(first, second):
    return all(
        torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True)
    )


@pytest.fixture
def published(vgg, tmp_path, monkeypatch):
    """A download as torchvision's, from a folder instead of the internet."""
    source = tmp_path / "server" / "vgg19-small.pth"
    source.parent.mkdir()
    torch.save(torchvision_state(vgg), source, _use_new_zipfile_serialization=False)
    download = Download(
        "vgg19-small.pth", source.as_uri(), sha256(source), source.stat().st_size, "none"
    )
    monkeypatch.setitem(weights.DOWNLOADS, "torchvision", download)
    monkeypatch.setattr(remote, "WAITS_S", ())
    return source


def test_the_published_file_is_fetched_once_checked_and_read(vgg, published, tmp_path):
    cache = tmp_path / "cache"
    read = load_vgg("torchvision", cache=cache)
    assert same(read, vgg)
    assert read.preprocessing == TORCHVISION
    assert not any(parameter.requires_grad for parameter in read.parameters())
    published.unlink()
    assert same(load_vgg("torchvision", cache=cache), vgg)


def test_the_address_and_the_hash_are_torchvisions():
    from torchvision.models import VGG19_Weights

    download = weights.DOWNLOADS["torchvision"]
    assert download.url == VGG19_Weights.IMAGENET1K_V1.url
    assert download.sha256[:8] in download.file


def test_without_internet_the_message_says_what_to_put_where(published, tmp_path):
    published.unlink()
    cache = tmp_path / "cache"
    with pytest.raises(InputError, match=r"could not reach .* put it here as .*vgg19-small.pth"):
        load_vgg("torchvision", cache=cache)
    assert list(cache.iterdir()) == []


def test_what_is_not_the_published_file_is_refused_and_not_kept(published, tmp_path):
    published.write_bytes(published.read_bytes() + b"more")
    cache = tmp_path / "cache"
    with pytest.raises(InputError, match="not the published file"):
        load_vgg("torchvision", cache=cache)
    assert list(cache.iterdir()) == []


def test_a_truncated_file_in_the_cache_is_named(published, tmp_path):
    cache = tmp_path / "cache"
    load_vgg("torchvision", cache=cache)
    kept = cache / "vgg19-small.pth"
    kept.write_bytes(kept.read_bytes()[:-10])
    with pytest.raises(InputError, match=r"vgg19-small.pth: has \d+ bytes .* delete it"):
        load_vgg("torchvision", cache=cache)


def test_gatys_naming_brings_the_preprocessing_of_caffe(vgg, tmp_path):
    torch.save(vgg.state_dict(), tmp_path / "vgg_conv.pth")
    read = load_vgg(tmp_path / "vgg_conv.pth", pooling="average")
    assert same(read, vgg)
    assert read.preprocessing == CAFFE
    assert read.pooling == "average"
    assert same(load_vgg("vgg_conv.pth", cache=tmp_path), vgg)


def test_what_was_saved_is_read_with_its_preprocessing(tmp_path):
    caffe = VGGFeatures(CAFFE, channels=(2,) * 5).initialise(torch.Generator().manual_seed(1))
    save_vgg(tmp_path / "own.safetensors", caffe, {})
    read = load_vgg(tmp_path / "own.safetensors")
    assert same(read, caffe)
    assert read.preprocessing == CAFFE


def broken(vgg, path, kind):
    state = dict(vgg.state_dict())
    if kind == "truncated":
        torch.save(state, path)
        path.write_bytes(path.read_bytes()[:-2000])
    elif kind == "truncated legacy":
        torch.save(state, path, _use_new_zipfile_serialization=False)
        path.write_bytes(path.read_bytes()[:-2000])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("<html>404</html>")
    elif kind == "list":
        torch.save([1, 2], path)
    elif kind == "another network":
        torch.save({"layer1.weight": torch.zeros(2)}, path)
    elif kind == "VGG-16":
        torch.save({name: value for name, value in state.items() if "_4" not in name}, path)
    elif kind == "other shapes":
        torch.save(state | {"conv3_2.weight": torch.zeros(3, 3, 5, 5)}, path)
    elif kind == "not a number":
        torch.save(state | {"conv3_2.bias": torch.full((3,), float("nan"))}, path)


@pytest.mark.parametrize(
    ("kind", "message"),
    [("truncated", "cannot be read"), ("truncated legacy", "cannot be read"),
     ("empty", "cannot be read"), ("text", "cannot be read"), ("list", "holds a list"),
     ("another network", "neither .* but 'layer1.weight'"), ("VGG-16", "no 'conv3_4.weight'"),
     ("other shapes", "size mismatch for conv3_2"), ("not a number", "no finite numbers")],
)  # fmt: skip
def test_a_file_that_is_not_whole_or_not_vgg_19_is_refused(vgg, tmp_path, kind, message):
    path = tmp_path / "file.pth"
    broken(vgg, path, kind)
    with pytest.raises(InputError, match=f"file.pth: no usable weights of VGG-19.*{message}"):
        load_vgg(path)


def test_safetensors_of_another_kind_are_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"weight": torch.zeros(3)}, tmp_path / "foreign.safetensors")
    with pytest.raises(InputError, match="format is None"):
        load_vgg(tmp_path / "foreign.safetensors")
    (tmp_path / "text.safetensors").write_text("words")
    with pytest.raises(InputError, match="cannot be read as safetensors"):
        load_vgg(tmp_path / "text.safetensors")


def test_an_unknown_name_is_answered_with_the_known(tmp_path):
    with pytest.raises(InputError, match=r"'torchvison'; expected one of .*mean 'torchvision'"):
        load_vgg("torchvison", cache=tmp_path)
