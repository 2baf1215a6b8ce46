"""PURE: the lower and the upper convex hull of points in the plane (Andrew's monotone chain); it knows no clocks."""

from collections.abc import Sequence

Point = tuple[float, float]


def lower_hull(points: Sequence[Point]) -> list[Point]:
    """Find the points a straight line from below can touch.

    Args:
        points: In the order of their first coordinate.

    Returns:
        Those points, from left to right. O(n).
    """
    hull: list[Point] = []
    for point in points:
        while hull and hull[-1][0] == point[0] and hull[-1][1] >= point[1]:
            hull.pop()
        while len(hull) > 1 and not _turns_left(hull[-2], hull[-1], point):
            hull.pop()
        if not hull or hull[-1][0] != point[0]:
            hull.append(point)
    return hull


def upper_hull(points: Sequence[Point]) -> list[Point]:
    """The same from above."""
    return [(x, -y) for x, y in lower_hull([(x, -y) for x, y in points])]


def _turns_left(a: Point, b: Point, c: Point) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) > (b[1] - a[1]) * (c[0] - a[0])
