"""Makes vader-expected.json: what the reference implementation of VADER says about the sentences of its own examples and about made ones.

    git clone https://github.com/cjhutto/vaderSentiment
    python3 vader-expected.py vaderSentiment/vaderSentiment > vader-expected.json
"""
import ast
import json
import random
import sys

folder = sys.argv[1]
sys.path.insert(0, folder)
import vaderSentiment as reference  # noqa: E402

analyzer = reference.SentimentIntensityAnalyzer()
source = ast.parse(open(reference.__file__, encoding="utf-8").read())
examples = [ast.literal_eval(n.value) for n in ast.walk(source)
            if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") in ("sentences", "tricky_sentences")]
sentences = [s for group in examples for s in group]
sentences += [
    "", "   ", "?", "no", "No problem at all, no worries!", "NO WAY this is GOOD", "It is the least good", "the very least good", "at least good",
    "not bad", "never so happy", "it was never this good", "without doubt great", "without a doubt great", "It isn’t good", "It isn't GOOD",
    "kind of great", "sort of awful", "just enough joy", "The broken heart of a beating heart", "to die for", "kiss of death", "bus stop",
    "yeah right, great", "what?? really??? why????", "wow!!!!!!!", ":) :( :-D XD", "💘", "a💘b", "😁😁 fine", "👍🏽 good", "but good but bad but good",
    "good, but bad. But good", "ALL CAPS GOOD", "GOOD all caps", "Große FREUDE and good", "İstanbul is GREAT", "good\x1cbad\tfine\u00a0awful\u3000nice",
    "It was one of the worst movies I've seen, despite good reviews.", "Unbelievably bad acting!!", "Poor direction.", "VERY poor production.",
    "The movie was bad.", "Very bad movie.", "VERY BAD movie!", "no good nor bad", "no joy or love", "neither good nor great",
]
r = random.Random(7)
rated = sorted(w for w in analyzer.lexicon if w.isascii())
degrees = sorted(reference.BOOSTER_DICT)
negators = sorted(reference.NEGATE)
idioms = sorted(reference.SPECIAL_CASES)
plain = "the a model service plan answer of to in and is was this so doubt without or nor no least at very kind but never certificate".split()
emoji = sorted(analyzer.emojis)


def word():
    kind = r.random()
    w = r.choice(rated if kind < .3 else degrees if kind < .42 else negators if kind < .52 else idioms if kind < .58 else emoji if kind < .62 else plain)
    shape = r.random()
    w = w.upper() if shape < .12 else w.capitalize() if shape < .2 else w
    return w + (r.choice([",", "!", "?", ".", "!!", ")", "'s"]) if r.random() < .15 else "")


sentences += [" ".join(word() for _ in range(r.randint(1, 18))) + r.choice(["", ".", "!", "?", "!!!", "??", "?!?!"]) for _ in range(900)]
print("[")
print(",\n".join(json.dumps({"text": s, **analyzer.polarity_scores(s)}, ensure_ascii=True) for s in sentences))
print("]")
