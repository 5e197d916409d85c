WRONG = {
    "7.1": [
        ("the truth itself gets 0", """def progress(source, output, truth):
    return (output - truth).abs().mean() / (source - truth).abs().mean()"""),
        ("absolute difference", """def progress(source, output, truth):
    return 1 - (output - truth).mean() / (source - truth).mean()"""),
    ],
    "7.2": [
        ("lies in two heaps", """def split(paths):
    paths = sorted(paths)
    return paths, paths[5::10], paths[::10]"""),
        ("sort the paths first", """def split(paths):
    test, choose = paths[::10], paths[5::10]
    return [p for p in paths if p not in test + choose], choose, test"""),
        ("expected 000", """def split(paths):
    paths = sorted(paths)
    return paths[8:], paths[4:8], paths[:4]"""),
    ],
    "7.3": [
        ("hardly notices", """def largest_difference(net, session, height, width):
    x = 2 * torch.rand(1, 3, height, width) - 1
    theirs = session.run(None, {"x": x.numpy()})[0]
    return (net(x) - torch.from_numpy(theirs)).max().item()"""),
        ("hardly notices", """def largest_difference(net, session, height, width):
    x = 2 * torch.rand(1, 3, height, width) - 1
    theirs = session.run(None, {"x": x.numpy()})[0]
    return (net(x) - torch.from_numpy(theirs)).abs().mean().item()"""),
        ("the network saw", """def largest_difference(net, session, height, width):
    x = torch.rand(1, 3, 64, 64)
    theirs = session.run(None, {"x": x.numpy()})[0]
    return (net(x) - torch.from_numpy(theirs)).abs().max().item()"""),
    ],
    "7.4": [
        ("detach them", """def patch_nce(queries, keys, temperature=0.07):
    logits = F.normalize(queries, dim=1) @ F.normalize(keys, dim=1).T / temperature
    return F.cross_entropy(logits, torch.arange(len(queries)))"""),
        ("length 1", """def patch_nce(queries, keys, temperature=0.07):
    return F.cross_entropy(queries @ keys.detach().T / temperature, torch.arange(len(queries)))"""),
        ("belong to a query", """def patch_nce(queries, keys, temperature=0.07):
    q, k = F.normalize(queries, dim=1), F.normalize(keys.detach(), dim=1)
    return F.cross_entropy(k @ q.T / temperature, torch.arange(len(q)))"""),
    ],
    "7.5": [
        ("reaches the network as", """def any_size(net, x):
    height, width = x.shape[-2:]
    x = F.pad(x, (0, 4 - width % 4, 0, 4 - height % 4), mode="reflect")
    return net(x)[..., :height, :width]"""),
        ("reaches the network as", """def any_size(net, x):
    height, width = x.shape[-2:]
    x = F.pad(x, (0, -height % 4, 0, -width % 4), mode="reflect")
    return net(x)[..., :height, :width]"""),
        ("reflected picture", """def any_size(net, x):
    height, width = x.shape[-2:]
    x = F.pad(x, (0, -width % 4, 0, -height % 4))
    return net(x)[..., :height, :width]"""),
    ],
}  # fmt: skip
