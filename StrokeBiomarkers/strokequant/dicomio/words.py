"""Words of descriptions, protocols and file names, in the spellings of vendors and languages.

Words are the weakest evidence: they support tags, they demote (synthetic, exponential, color), and they never make an ADC map or
a DWI by themselves. Patterns apply to `plain` text: lower case, without accents, words separated by single blanks.
"""

import re
import unicodedata

PATTERNS: dict[str, str] = {
    "adc": r"\b(d|avg|mean)? ?adc ?(map|maps|karte|carte|mapa|mappa)?\b|apparent diffusion|diffusion apparent|diffusion coeff"
    r"|diffusionskoeff|difusion aparente|diffusione apparente|difusao aparente",
    "eadc": r"\be ?adc\b|\bexp(onential|onentiell|onentiel|onencial)?\b|\beadc\w*",
    "synthetic_b": r"\bcalc(ulated)? ?b|\bcalc bvalue|\bsynth\w* ?(b|dwi|diff)\b|\bsynth\w* b ?\d|\bsyn ?b ?\d|\bs?cdwi\b|\b(computed|berechnet\w*) ?(b|dwi|diff)|\bcb ?\d{3,4}\b"
    r"|\bextrapol\w*|\bcalcul\w* b",
    "dwi": r"\bdwi\w*|\bisodwi\b|\bdw\b|\bdti\w*|\bdiff\b|diffusi|difusi|difuz|\btracew?\b|\bresolve\b|\bep2d diff\w*|\bzoomit diff"
    r"|\bb ?(8|9|10|12|15|20)00\b",
    "tensor": r"\b(col)?fa\b|\bfractional\b|\btensor\b|\bra map\b|\b(color|colour|farb)\w* ?(fa|map)|\bdec map\b",
    "flair": r"flair|dark ?fluid|fluid attenuated|\btirm\b|liquor ?unterdr|fluide attenue",
    "swi": r"\bswi\w*|\bswan\b|\bswip\b|\bvenobold\b|susceptib|suszept|\bfsbb\b|\bwsi\b|\bt2 ?(star|stern|etoile|gre|ffe|hemo)\b|\bhemo\b",
    "angiography": r"\bc?e?mra\b|\btof\b|angio|\bcta\b|\bctangio\w*|\bpca\b|\bcarotid\w*|\bgefass\w*|\bvascul\w*|\bcow\b|\binhance\b"
    r"|\btricks\b|\btwist\b",
    "perfusion": r"perf\w*|\bpwi\b|\b4d ?pwi\b|\bdsc\b|\bctp\b|\bvpct\b|\bneuro ?pct\b|\bpct\b|\bcbp\b|\btdc\b|\bjog\b"
    r"|\bdynamic (multiscan|volume)\b|\b(volume ?)?shuttle\b|\btoggling table\b",
    "temporal_mean": r"\btmip\b|\bt ?mip\b|\bt?avg\b|\baveraged?\b|\btemporal (mip|mean)\b|\bmittel\w*|\bmoyenne\b",
    "bolus_tracking": r"\b(pre)?monitoring\b|\bpre ?monit\w*|\btest ?bolus\b|\bbolus ?track\w*|\bsmart ?prep\b|\bsure ?start\b"
    r"|\bcare ?bolus\b|\blocator\b|\btracker\b",
    "perfusion_map": r"\br?(el)?(cbf|cbv|mtt|ttp|tmax|ttd|pbp|gbp)\b|\bt ?max\b|\bperfusion map",
    "labeling": r"\bp?c?asl\b|\bpcasl\b|\bpasl\b|arterial spin",
    "dynamic_t1": r"\bdce\b|\btwist dyn|\bpermeab\w*",
    "bold": r"\bbold\b|\bfmri\b|\brest(ing)?( state)?\b|\bfunctional\b",
    "localizer": r"locali[sz]|\bloc\b|\bscout\b|\bsurvey\b|topogra|scanogra|\bpilot\b|reperage|localizad|planscan|\b3 ?plane\b|\baahead\b|lokalis",
    "projection": r"\bmini?ps?\b|\bmips?\b|\bmpr\b|\bvrt?\b|\brotat|\bproject|\breformat|\bsubtract|\bcollapse",
    "capture": r"screen ?(save|shot|cap)|\bsummary\b|\breport\b|\bbefund\b|\bdose\b|\bprotocol page|patient protocol",
    "contrast": r"\bkm\b(?<!ohne km)|\bpost ?(gad|gd|con|contrast|km|iv)?\b|\bgd\b|\bgado\w*|contrast|kontrast|contraste|\bc\+|\biv\b"
    r"|\bmit km|\benhanced\b|\bvenous\b|\barterial\b|\bdelayed?\b|\bmonitoring\b|\bpre ?monit|\bbolus\b|\bavec inj|\binjec\w*",
    "plain": r"\bw ?o\b|\bwithout\b|\bnon ?con\w*|\bnc\b|\bncct\b|\bnect\b|\bnativ\w*|\bplain\b|\bohne\b|\bsans\b|\bsin (contraste|civ)"
    r"|\bsenza\b|\bsem contraste|\bunenhanced\b|\bsmooth brain",
    "spectral": r"\bvnc\b|\bmono ?(e|en\w*)?\+? ?\d* ?kev|\bkev\b|\biodine\b|\biod\b|\bdual ?energ|\bmonoenerg\w*|\beff z\b|\bvirtual\b",
    "head": r"head|brain|\bkopf\b|schadel|hirn|crani|cran[ei]|cabeza|encef|cerebr|testa\b|cabeca|neuro|stroke|schlaganfall|\bavc\b|ictus|skull",
    "other_body": r"abdom|thora|chest|lung|lunge|poumon|pelvi|becken|colon|prostat|hepat|liver|leber|\bneck\b|\bhals\b|\bcou\b|spine|wirbel"
    r"|rachis|columna|knee|knie|hip\b|cardiac|herz|coronar|kidney|renal|aorta|leg\b|extremit|shoulder|\bcta? ?cap\b|whole body",
    "bone": r"\bbone\w*|\bknochen\b|\bosseu\w*|\bhueso\b|\bosso\b|\bsharp\b|\bpetrous\b|felsenbein",
    "phantom": r"phantom|fantom|\bacr\b|\bnist\b|caliber ?mri|\bqiba\b|water ?bottle|(daily|weekly) ?q[ac]\b|test ?object",
    "mask": r"\b(\w*mask|msk|seg|segm\w*|label\w*|lesions?|roi|rois|predict\w*|annotat\w*|aparc\w*|aseg|parc\w*|atlas\w*|ground ?truth"
    r"|tissue|dseg|probseg)\b",
}
"""Topic -> regular expression over `plain` text."""

PATIENT_PHANTOM = r"phantom|fantom|\bplastic\b|test ?object|\bacr\b|\bnist\b|caliber ?mri|\bqiba\b"
"""What a patient name or ID of a phantom holds."""

_COMPILED = {topic: re.compile(pattern) for topic, pattern in PATTERNS.items()}


def plain(*texts: str) -> str:
    """Lower case, without accents, words separated by single blanks; "+" is kept."""
    joined = unicodedata.normalize("NFKD", " ".join(str(t) for t in texts if t)).casefold()
    kept = "".join(c for c in joined if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9+]+", " ", kept).strip()


def speaks_of(topic: str, text: str) -> str:
    """The words of a topic that plain text holds, "" where it holds none."""
    match = _COMPILED[topic].search(text)
    return match.group().strip() if match else ""
