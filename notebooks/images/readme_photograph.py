"""The README's photograph: the fifth of data/photographs/best.jpg, and what the generator made.

python notebooks/images/readme_photograph.py [COLUMN]    which of the six, from 0
"""

import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
sheet = Image.open(ROOT / "data/photographs/best.jpg")
left = 2 + 258 * int(sys.argv[1] if len(sys.argv) > 1 else 4)
picture = Image.new("RGB", (256 + 8 + 256, 256), "white")
for k, top in enumerate((2, 260)):
    picture.paste(sheet.crop((left, top, left + 256, top + 256)), (264 * k, 0))
picture.save(ROOT / "notebooks/images/readme_photograph.jpg", quality=92)
