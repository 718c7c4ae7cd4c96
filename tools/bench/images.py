"""Images of the size of MNIST's for the learning network, made of the digits that come with Spikem."""
import gzip
import os

from programs import CACHE, ROOT

DIGITS, IMAGES = os.path.join(ROOT, "scenarios", "data", "digits.csv.gz"), os.path.join(CACHE, "images.csv")
SMALL, LARGE, MARGIN, COUNT = 8, 28, 4, 1000


def enlarge(row):
    """8x8 pixels as 20x20 in the middle of a dark image of 28x28."""
    size = LARGE - 2 * MARGIN
    image = ["0"] * (LARGE * LARGE)
    for y in range(size):
        for x in range(size):
            image[(MARGIN + y) * LARGE + MARGIN + x] = row[y * SMALL // size * SMALL + x * SMALL // size]
    return image


def make_images():
    """Write the file that tools/bench/learning_eq1.yaml reads, if it is not there."""
    if os.path.exists(IMAGES):
        return
    os.makedirs(CACHE, exist_ok=True)
    with gzip.open(DIGITS, "rt", encoding="ascii") as source, open(IMAGES + ".new", "w", encoding="ascii") as file:
        for line in [line for line in source if line[0].isdigit()][:COUNT]:
            row = line.strip().split(",")
            file.write(",".join(enlarge(row) + row[-1:]) + "\n")
    os.replace(IMAGES + ".new", IMAGES)
