"""What a browser can tell of a page as it is drawn: contrast, overflow, focus, and what axe-core finds; it judges nothing."""

from axe_playwright_python.async_playwright import Axe

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

DRAWING = """
const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
// any colour that a browser understands, as red, green, blue (0 to 255) and opacity
const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
};
const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
// https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
const luminance = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((value) => value / 255).map(
        (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
};
const shapes = new Set(["rect", "circle", "ellipse", "polygon", "path"]);
// what is painted at a point below an element, down to the canvas of the page
const below = (x, y, element) => {
    const stack = document.elementsFromPoint(x, y);
    const layers = [];
    for (const one of stack.slice(stack.indexOf(element) + (element instanceof SVGElement ? 1 : 0))) {
        const style = getComputedStyle(one);
        const isShape = one instanceof SVGElement && shapes.has(one.tagName);
        if (one instanceof SVGElement && !isShape && one.tagName !== "svg") continue;
        const colour = parse(isShape ? (style.fill === "none" ? "transparent" : style.fill) : style.backgroundColor);
        colour[3] *= isShape ? Number(style.fillOpacity) * Number(style.opacity) : 1;
        layers.push(colour);
        if (colour[3] === 1) break;
    }
    const scheme = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
    return layers.reverse().reduce((painted, layer) => over(layer, painted), scheme);
};
"""

TEXTS = (
    """() => {"""
    + DRAWING
    + """
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode, element = node.parentElement;
        if (!node.data.trim() || !element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const box = [...range.getClientRects()].find((one) => one.width > 2 && one.height > 2);
        if (!box) continue;
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        if (!document.elementsFromPoint(x, y).includes(element)) continue;
        const style = getComputedStyle(element);
        const painted = below(x, y, element);
        const ink = over(parse(element instanceof SVGElement ? style.fill : style.color), painted);
        found.push({text: node.data.trim().slice(0, 60), tag: element.tagName, contrast: contrast(ink, painted)});
    }
    return found;
}"""
)
"""Each text that can be seen within the window, and its contrast to what is painted below it."""

FOCUSED = (
    """() => {"""
    + DRAWING
    + """
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    const outside = below(box.x + box.width / 2, box.y - 4, document.body);
    return {
        id: element.id,
        tag: element.tagName,
        text: element.textContent.trim().slice(0, 60),
        href: element.getAttribute("href"),
        width: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
        contrast: contrast(over(parse(style.outlineColor), outside), outside),
        isShown: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 1,
    };
}"""
)
"""What has the focus, and how it shows it; None when it is nothing."""


COVERED = """(selectors) => {
    const boxes = selectors.flatMap((one) => [...document.querySelectorAll(one)]).map((element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        const [inner, outer] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
        // what is cut off covers nothing
        return {text: element.textContent.trim().slice(0, 40), left: inner.left, right: Math.min(inner.right, outer.right),
                top: inner.top, bottom: inner.bottom};
    });
    const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
    return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => meet(a, b)).map((b) => [a.text, b.text]));
}"""
"""Pairs of texts that lie on each other."""


async def covered_texts(page, *selectors):
    """Texts of these elements that lie on each other."""
    return await page.evaluate(COVERED, list(selectors))


async def faint_texts(page, least):
    """The texts whose contrast is less than that; all of the page is brought into the window for it."""
    height = await page.evaluate("document.documentElement.scrollHeight")
    before = page.viewport_size
    await page.set_viewport_size({"width": before["width"], "height": height})
    texts = await page.evaluate(TEXTS)
    await page.set_viewport_size(before)
    assert len(texts) > 20, "hardly any text can be seen"
    return sorted({(round(one["contrast"], 2), one["tag"], one["text"]) for one in texts if one["contrast"] < least})


async def overflow(page):
    """By how many pixels the page is wider than the window."""
    return await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


async def tab_through(page, most=2_000):
    """Press Tab until the focus leaves the page, or comes back to its first stop; gives all stops."""
    stops = []
    for _ in range(most):
        await page.keyboard.press("Tab")
        stop = await page.evaluate(FOCUSED)
        if stop is None or (stops and stop == stops[0]):
            return stops
        stops.append(stop)
    raise AssertionError(f"more than {most} stops")


async def barriers(page):
    """What axe-core holds against the page, each with the places where."""
    results = await Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    return {
        one["id"]: [(node["target"], node["html"][:120]) for node in one["nodes"][:5]]
        for one in results.response["violations"]
    }
