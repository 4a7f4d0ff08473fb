"""Words for pages whose text is known, in several languages; written for this benchmark."""

import re
from dataclasses import dataclass

from core.settings import SAMPLES


@dataclass(frozen=True, slots=True)
class Known:
    """A PDF and what it says. Words are in order within each of `flows`: the text itself, a note, a
    running head, a table's row. `dpi` is that of a scan, and 0 where there are letters."""

    name: str
    pdf: bytes
    flows: tuple[str, ...]
    dpi: int = 0


def english(first: int, last: int) -> list[str]:
    """Paragraphs of the sample papers in plain text, the lines of each joined."""
    said = "\n\n".join(
        (SAMPLES / "papers" / name).read_text(encoding="utf-8")
        for name in ("models-at-the-edge.txt", "privacy.md", "quantisation.md")
    )
    whole = (" ".join(part.split()) for part in re.split(r"\n\s*\n", said))
    return [
        part for part in whole if len(part) > 300 and not re.search(r"[*_`|#>^$]|^[-\d]", part)
    ][first:last]


GERMAN = """\
Die Gezeitenuhr im Hafen von Norderhöft zeigt nicht die Stunde, sondern den Wasserstand. Ihr \
Zifferblatt ist mit weißer Ölfarbe gestrichen und trägt zwölf Querstriche; ein einziger Zeiger \
läuft in zwölf Stunden und fünfundzwanzig Minuten einmal herum, also von Hochwasser zu \
Hochwasser. Gebaut wurde sie von einem Schlossermeister, der zuvor Drehmaschinen und \
Feuerlöschpumpen ausgebessert hatte.
Das Uhrwerk wird von einem Schwimmer angetrieben, der in einem gemauerten Schacht auf und ab \
gleitet. Eine Messingkette überträgt seine Bewegung auf ein Übersetzungsgetriebe mit \
Schneckenrädern. Damit Wellenschlag und Motorbootverkehr den Zeiger nicht zittern lassen, ist \
der Schacht nur durch eine daumendicke Öffnung mit dem Hafenbecken verbunden: Kleine \
Schwankungen gleichen sich aus, bevor sie das Räderwerk erreichen.
Jeden Frühling müssen die Schmierölbehälter gereinigt und die Lagerbüchsen überprüft werden. Die \
Hafenverwaltung führt darüber ein Wartungsverzeichnis, in dem auch Sturmfluten, Eisgänge und die \
Besuche von Schulklassen verzeichnet sind. Wer die Übersicht liest, erfährt nebenbei, wie häufig \
die Niedrigwasserstände im Spätherbst früher als vorausberechnet eintreten."""

ACCENTS_WESTERN = """\
À l'été, le maître horloger reçoit une élève très douée: Zoë Lefèvre, née à Besançon. Elle a \
déjà réparé une pendule à répétition où l'échappement gênait la détente.
Herr Möller prüft für Jürgen Krüger die Räder; die größeren Zähne müssen schärfer gefräst \
werden, weil sonst Öl übertritt und die Bögen verkrümmt.
A estação de São José não tem relógio há três anos; a direção pediu então à oficina de João \
Conceição uma solução rápida, mas ninguém lhe respondeu até à manhã de sábado.
El señor Muñoz enseñó a Íñigo y a Óscar cómo se afina un péndulo según la estación del año."""

ACCENTS_EASTERN = """\
Zegarmistrz z Łodzi żąda, aby każdą sprężynę ważono przed próbą; źle zważona pęka już w ciągu \
tygodnia, a klienci są wściekli.
Mistr hodinář Dvořák říká, že nejtěžší je ladění úderů: každý zvon má přece svůj vlastní tón a \
žádný z nich se nedá změnit bez poškození.
A győri órásmester szerint az erős rugó könnyebben törik, ezért hűvös műhelyben őrzi őket.
Çelik yayın ısıl işlemi için şu süre gerekir: kırk dakika; sonra soğutulur ve ağır ağır \
gevşetilir."""

ARABIC = """\
الأمثال القديمة تقول إن الكلام الجميل لا يكفي، وإن العمل خلال النهار أفضل من الأحلام خلال \
الليل.
يعمل الساعاتي في محله الصغير قرب الميناء، ويصلح الآلات التي يحملها إليه البحارة من بلاد \
بعيدة.
سأله طفل: لماذا لا تتوقف الساعة الكبيرة؟ فقال: لأن الماء يحركها، والماء لا ينام، والسلام \
على من صبر.
في عام 1925 كتب المعلم 12 رسالة عن الآلات، ولا يزال الأولاد يقرؤونها حتى الآن."""

CHINESE = """\
港口的潮汐钟不显示时间，只显示水位。钟面漆成白色，只有一根指针，每十二小时二十五分钟转一圈。\
钟匠用黄铜做齿轮，因为海风会使铁生锈。浮子在石井里上下移动，铁链把它的运动传给齿轮，再由齿轮\
传给指针。
石井只有一个小孔通向大海，所以波浪不会让指针抖动。每年春天，管理员清洗油杯，检查轴承，并把结\
果写在册子里。册子里还记着暴雨、海冰和来参观的学生人数。"""

JAPANESE = """\
港の潮時計は時刻ではなく水位を示す。文字盤は白く塗られ、針は一本だけで、十二時間二十五分で一\
周する。時計師は歯車を真鍮で作った。潮風が鉄を錆びさせるからである。
浮きは石の井戸の中を上下し、鎖がその動きを歯車に伝える。井戸は小さな穴だけで海とつながってい\
るので、波が来ても針は震えない。毎年の春、管理人は油を替え、軸受けを調べて、その結果を帳面に\
書く。"""

TABLE = (
    ("Month", "Highest tide", "Lowest tide", "Days of gale"),
    ("January", "412 cm", "38 cm", "11"),
    ("February", "405 cm", "41 cm", "9"),
    ("March", "431 cm", "29 cm", "7"),
    ("April, new float", "418 cm", "33 cm", "4"),
    ("May", "397 cm", "45 cm", "2"),
    ("June", "388 cm", "52 cm", "1"),
)

# As Typst's formulas, and as they are read.
FORMULAS = (
    (
        "The keeper counts $10^6$ turns of the wheel in 12 years, "
        "about $2.5 times 10^(-3)$ turns a second.",
        "The keeper counts 10⁶ turns of the wheel in 12 years, about 2.5 × 10⁻³ turns a second.",
    ),
    (
        "A float of area $A = pi r^2$ that sinks by $h$ displaces $V = pi r^2 h$ of water.",
        "A float of area A = πr² that sinks by h displaces V = πr²h of water.",
    ),
    ("$ F = rho g V + k x^2 $", "F = ρgV + kx²"),
    (
        "Let $x_1$ and $x_2$ be two readings; their mean is $m = (x_1 + x_2) \\/ 2$, "
        "and for all of them",
        "Let x₁ and x₂ be two readings; their mean is m = (x₁ + x₂)/2, and for all of them",
    ),
    ("$ a_1 + a_2 + a_3 <= n^2 + 1 $", "a₁ + a₂ + a₃ ≤ n² + 1"),
    (
        "holds. Rust is Fe#sub[2]O#sub[3], and the light of the lamp falls off "
        "with 1/r#super[2] on 20 m#super[2].",
        "holds. Rust is Fe₂O₃, and the light of the lamp falls off with 1/r² on 20 m².",
    ),
    (
        "The error $delta$ stays below $alpha + beta$, as long as $lambda t < 1$ and $t >= 0$.",
        "The error δ stays below α + β, as long as λt < 1 and t ≥ 0.",
    ),
)

NOTES = (
    "The oldest chart of the bay is in the library of Marrow Lane.",
    "Measured at the mole, 3 March 1911; the gauge was renewed later.",
    "See the keeper's own book, page 47, for another opinion.",
)

SLIDES = (
    (
        "Why a tide clock?",
        "The harbour asks for water, not for hours",
        "One hand, one turn a tide",
        "Runs for a year on 40 g of grease",
    ),
    (
        "How it works",
        "A float rises in a shaft of stone",
        "A chain of brass turns the wheel",
        "A narrow hole keeps the waves out",
    ),
    (
        "What it costs",
        "Twelve days of work in spring",
        "Oil, paint and a new chain every ten years",
    ),
)
