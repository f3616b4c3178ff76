"""What a dump does not say about its language, for the 24 languages of mLUKE.

A dump's `siteinfo` has the names of its namespaces, but neither their older names (`Bild:` for
`Datei:`), nor the templates that mark disambiguation pages, nor the words for #REDIRECT. Any other
language is read without this table, with what the dump says and the English names.
"""

from dataclasses import dataclass
from typing import Dict, FrozenSet, Tuple


@dataclass(frozen=True)
class Names:
    """Names in one language, or those that hold in every language.

    templates (Tuple[str, ...]): Templates on disambiguation pages.
    categories (Tuple[str, ...]): Parts of the names of categories of disambiguation pages.
    files (Tuple[str, ...]): Names of the namespace of files.
    category (Tuple[str, ...]): Names of the namespace of categories.
    redirects (Tuple[str, ...]): Words that make a redirect, after "#".
    """

    templates: Tuple[str, ...] = ()
    categories: Tuple[str, ...] = ()
    files: Tuple[str, ...] = ()
    category: Tuple[str, ...] = ()
    redirects: Tuple[str, ...] = ()


def _names(templates: str, categories: str, files: str, category: str, redirects: str) -> Names:
    fields = (templates, categories, files, category, redirects)
    return Names(*(tuple(filter(None, field.split("|"))) for field in fields))


# MediaWiki takes the English names in every language.
EVERYWHERE = _names(
    "Disambig|Disambiguation|Disamb|Dab|Disambiguation page|Hndis|Geodis|Human name disambiguation|"
    "Place name disambiguation|Numberdis|Letter disambiguation|Letter-number combination "
    "disambiguation|Mil-unit-dis|Schooldis|Hospitaldis|Roaddis|Airport disambiguation|"
    "Station disambiguation",
    "disambiguation pages",
    "File|Image",
    "Category",
    "REDIRECT",
)

LANGUAGES: Dict[str, Names] = {
    "ar": _names("توضيح|صفحة توضيح", "صفحات توضيح", "ملف|صورة", "تصنيف", "تحويل"),
    "bn": _names(
        "দ্ব্যর্থতা নিরসন|দ্ব্যর্থতা নিরসন পাতা|দ্ব্যর্থতানিরসন",
        "দ্ব্যর্থতা নিরসন পাতা",
        "চিত্র",
        "বিষয়শ্রেণী",
        "পুনর্নির্দেশ|পুনঃনির্দেশ",
    ),
    "de": _names(
        "Begriffsklärung|BKL",
        "Begriffsklärung",
        "Datei|Bild",
        "Kategorie",
        "WEITERLEITUNG",
    ),
    "el": _names(
        "Αποσαφήνιση|Αποσαφ",
        "Αποσαφήνιση",
        "Αρχείο|Εικόνα",
        "Κατηγορία",
        "ΑΝΑΚΑΤΕΥΘΥΝΣΗ",
    ),
    "en": Names(),
    "es": _names(
        "Desambiguación|Desambig|Des",
        "Desambiguación",
        "Archivo|Imagen",
        "Categoría",
        "REDIRECCIÓN|REDIRECCION",
    ),
    "fi": _names(
        "Täsmennyssivu|Täsmennys",
        "Täsmennyssivut",
        "Tiedosto|Kuva",
        "Luokka",
        "OHJAUS|UUDELLEENOHJAUS",
    ),
    "fr": _names(
        "Homonymie|Patronymie|Paronymie|Toponymie|Arrondissements homonymes|"
        "Cantons homonymes|Villes homonymes|Bandeau standard pour page d'homonymie",
        "Homonymie",
        "Fichier|Image",
        "Catégorie",
        "REDIRECTION",
    ),
    "hi": _names(
        "बहुविकल्पी|बहुविकल्पी शब्द",
        "बहुविकल्पी शब्द",
        "चित्र|फ़ाइल",
        "श्रेणी",
        "अनुप्रेषित|पुनर्प्रेषित",
    ),
    "id": _names("Disambig|Disambiguasi", "Disambiguasi", "Berkas|Gambar", "Kategori", "ALIH"),
    "it": _names(
        "Disambigua",
        "Pagine di disambiguazione",
        "File|Immagine",
        "Categoria",
        "RINVIA",
    ),
    "ja": _names(
        "Aimai|曖昧さ回避|人名の曖昧さ回避|地名の曖昧さ回避",
        "曖昧さ回避",
        "ファイル|画像",
        "カテゴリ",
        "転送|リダイレクト",
    ),
    "ko": _names(
        "동음이의|동음이의어 문서|동명이인",
        "동음이의어",
        "파일|그림",
        "분류",
        "넘겨주기",
    ),
    "nl": _names(
        "Dp|Dpintro|Doorverwijspagina",
        "Doorverwijspagina",
        "Bestand|Afbeelding",
        "Categorie",
        "DOORVERWIJZING",
    ),
    "pl": _names(
        "Ujednoznacznienie|Disambig",
        "Strony ujednoznaczniające",
        "Plik|Grafika",
        "Kategoria",
        "PATRZ|PRZEKIERUJ|TAM",
    ),
    "pt": _names(
        "Desambiguação|Desambig",
        "Desambiguação",
        "Ficheiro|Imagem|Arquivo",
        "Categoria",
        "REDIRECIONAMENTO",
    ),
    "ru": _names(
        "Неоднозначность|Многозначность|Однофамильцы|Список однофамильцев|Дизамбиг",
        "Многозначные термины",
        "Файл|Изображение",
        "Категория",
        "ПЕРЕНАПРАВЛЕНИЕ|ПЕРЕНАПР",
    ),
    "sv": _names(
        "Förgrening|Gren|Grensida|Efternamn-grensida|Namnförgrening",
        "Förgreningssidor",
        "Fil|Bild",
        "Kategori",
        "OMDIRIGERING",
    ),
    "sw": _names("Maana|Disambig", "Makala zenye maana", "Picha|Faili", "Jamii", "ELEKEZA"),
    "te": _names(
        "అయోమయ నివృత్తి|అయోమయనివృత్తి",
        "అయోమయ నివృత్తి",
        "దస్త్రం|బొమ్మ|ఫైలు",
        "వర్గం",
        "దారిమార్పు",
    ),
    "th": _names(
        "แก้กำกวม|แก้ความกำกวม",
        "การแก้ความกำกวม|หน้าแก้ความกำกวม",
        "ไฟล์|ภาพ",
        "หมวดหมู่",
        "เปลี่ยนทาง",
    ),
    "tr": _names(
        "Anlam ayrımı|Anlamayrımı|Anlam ayrım|Disambig",
        "Anlam ayrımı",
        "Dosya|Resim",
        "Kategori",
        "YÖNLENDİRME|YÖNLENDİR",
    ),
    "vi": _names(
        "Định hướng|Trang định hướng|Trang định hướng nhân vật",
        "Trang định hướng",
        "Tập tin|Hình",
        "Thể loại",
        "ĐỔI|đổi",
    ),
    "zh": _names(
        "消歧义|消歧義|消歧义页|消歧義頁|Disambig",
        "消歧义|消歧義",
        "文件|檔案|图像|圖像",
        "分类|分類",
        "重定向",
    ),
}

# Codes of Wikipedias: a link with such a prefix goes to that language.
WIKIPEDIAS: FrozenSet[str] = frozenset(
    """
    ab ace ady af alt am ami an ang ar arc ary arz as ast atj av avk awa ay az azb ba ban bar
    bat-smg bcl be be-tarask be-x-old bg bh bi bjn bm bn bo bpy br bs bug bxr ca cbk-zam cdo ce
    ceb ch cho chr chy ckb co cr crh cs csb cu cv cy da de din diq dsb dty dv dz ee el eml en eo
    es et eu ext fa ff fi fiu-vro fj fo fr frp frr fur fy ga gag gan gcr gd gl glk gn gom gor
    got gu gv ha hak haw he hi hif hr hsb ht hu hy hyw ia id ie ig ik ilo inh io is it iu ja jam
    jbo jv ka kaa kab kbd kbp kg ki kj kk kl km kn ko koi krc ks ksh ku kv kw ky la lad lb lbe
    lez lfn lg li lij lld lmo ln lo lrc lt ltg lv mad mai map-bms mdf mg mh mhr mi min mk ml mn
    mni mnw mr mrj ms mt mwl my myv mzn na nah nap nds nds-nl ne new ng nia nl nn no nov nqo nrm
    nso nv ny oc olo om or os pa pag pam pap pcd pdc pfl pi pih pl pms pnb pnt ps pt qu rm rmy
    rn ro roa-rup roa-tara ru rue rw sa sah sat sc scn sco sd se sg sh shi shn si simple sk skr
    sl sm smn sn so sq sr srn ss st stq su sv sw szl szy ta tay tcy te tet tg th ti tk tl tn to
    tpi tr trv ts tt tum tw ty tyv udm ug uk ur uz ve vec vep vi vls vo wa war wo wuu xal xh xmf
    yi yo za zea zh zh-classical zh-min-nan zh-yue zu
    """.split()
)

# Prefixes of other projects. A link there is no link to an article.
PROJECTS: FrozenSet[str] = frozenset(
    """
    b c commons cuneiform d doi foundation gerrit iarchive imdb incubator m mail mediawikiwiki meta
    metawikipedia mw n phab q rfc s species toollabs toolforge v voy w wikibooks wikidata wikimedia
    wikinews wikiquote wikisource wikispecies wikiversity wikivoyage wikt wiktionary wmf
    """.split()
)


def disambiguation_templates(lang: str) -> FrozenSet[str]:
    """RETURNS (FrozenSet[str]): Templates that mark a disambiguation page of a language."""
    own = LANGUAGES.get(lang, Names()).templates
    return frozenset(EVERYWHERE.templates + own)
