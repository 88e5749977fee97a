import unittest

from counting import count


class Counting(unittest.TestCase):
    def test_words_and_lines_are_counted(self) -> None:
        self.assertEqual(count("ship it\non Friday\n"), {"words": 4, "lines": 2})
        self.assertEqual(count(""), {"words": 0, "lines": 0})


if __name__ == "__main__":
    unittest.main()
