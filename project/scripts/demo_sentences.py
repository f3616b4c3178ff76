"""Sentences that the demo analyses. None of them is in the training data."""

SENTENCES = {
    "en": [
        "Ada Lovelace was born in London and died there in 1852.",
        "IKEA was founded by Ingvar Kamprad in 1943.",
        "Jensen Huang, the head of Nvidia, spoke in Berlin on Monday.",
    ],
    "de": [
        "Johann Wolfgang von Goethe wurde in Frankfurt geboren und starb in Weimar.",
        "Adidas hat seinen Sitz in Herzogenaurach.",
    ],
    "fr": ["Victor Hugo est né à Besançon.", "Michelin a son siège à Clermont-Ferrand."],
    "es": ["Frida Kahlo nació en Coyoacán.", "Sevilla está en el sur de España."],
    "pt": ["Clarice Lispector viveu muitos anos no Rio de Janeiro."],
    "sv": ["Astrid Lindgren föddes i Vimmerby."],
    "ru": ["Лев Толстой родился в Ясной Поляне.", "Байкал находится в Сибири."],
    "el": ["Ο Νίκος Καζαντζάκης γεννήθηκε στο Ηράκλειο."],
    "ar": ["ولد محمود درويش في البروة.", "تقع مراكش في المغرب."],
    "hi": ["रवीन्द्रनाथ टैगोर का जन्म कोलकाता में हुआ था।"],
    "bn": ["সত্যজিৎ রায় কলকাতায় জন্মগ্রহণ করেন।"],
    "ja": ["宮崎駿は東京で生まれた。", "ホンダの本社は東京にある。"],
    "zh": ["屠呦呦出生于宁波。", "腾讯的总部位于深圳。"],
    "ko": ["김연아는 부천에서 태어났다."],
    "th": ["สุนทรภู่เกิดที่กรุงเทพ"],
}
