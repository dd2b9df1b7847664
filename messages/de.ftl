## The language itself

language-direction = ltr
language-name = Deutsch

## What every page has

refresh = Aktualisieren
close = Schließen
activity-log = Aktivitätsprotokoll
skip-to-list = Zur Liste springen
comma = {", "}

## Titles of the profiles, by their English words; what is in no file stays as it is

title-activity-log = Aktivitätsprotokoll
title-activity-logs = Aktivitätsprotokoll
title-documents = Dokumente
title-date = Datum
title-date-time = Datum/Uhrzeit
title-remarks = Bemerkung
title-description = Beschreibung
title-details = Details
title-user = Benutzer
    .all = Alle Benutzer
title-by = Von
    .all = Alle Benutzer
title-report-type = Berichtsart
    .all = Alle Berichtsarten
title-action = Aktion
    .all = Alle Aktionen
title-event = Ereignis
    .all = Alle Ereignisse
title-type = Typ
    .all = Alle Typen
title-category = Kategorie
    .all = Alle Kategorien
title-ip-address = IP-Adresse
title-document = Dokument
title-status = Status
title-signees = Unterzeichner
title-started = Begonnen
title-last-activity = Letzte Aktivität
title-system = System

## The query bar

search = Suche
search-hint = Namen, IDs, Wörter suchen…
search-and-filters = Suche und Filter
apply = Anwenden
filter = Filtern
reset = Zurücksetzen
menu-all = Alle
menu-find = Finden…
menu-find-in = In „{ $menu }“ finden
menu-empty = Noch nichts zur Auswahl.
menu-none-of-these = Nichts davon heißt so.
menu-most-active = Die { $count } aktivsten werden angezeigt. Nach anderen suchen: user:Name
menu-most-frequent = Die { $count } häufigsten werden angezeigt. Nach anderen suchen: { $field }:Name
range-is = Zeitraum:
range-from = Von
range-to = Bis
range-since = Ab { $day }
range-until = Bis { $day }
range-inverted = „Bis“ liegt vor „Von“.
preset-today = Heute
preset-yesterday = Gestern
preset-this-week = Diese Woche
preset-last-7-days = Letzte 7 Tage
preset-last-30-days = Letzte 30 Tage
preset-this-month = Dieser Monat
preset-last-month = Letzter Monat
preset-older = Älter
preset-all = Gesamter Zeitraum
preset-custom = Eigener Zeitraum
field-outcome = Ergebnis
field-record = Objekt
field-record-type = Objekttyp
field-ip-address = IP-Adresse
field-process = Vorgang

## A search that cannot be understood

fault-at = Bei Zeichen { $position }: { $reason }.
fault-too-long = Eine Suche hat höchstens { $most } Zeichen
fault-too-many-terms = Eine Suche hat höchstens { $most } Begriffe
fault-open-quote = Dieses Anführungszeichen wird nicht geschlossen
fault-no-value = Nach dem Doppelpunkt fehlt ein Wert

## What is chosen

filters-in-force = Aktive Filter
filter-remove = Filter { $field }: { $value } entfernen
clear-all = Alle entfernen

## Kinds

kind-created = Erstellt
kind-updated = Geändert
kind-deleted = Gelöscht
kind-transferred = Übertragen
kind-other = Sonstiges

## The histogram

chart-time = Zeit
chart-caption = Ereignisse { $unit }
chart-bar = { $time }: { $parts }
chart-part = { $count } { $kind }
chart-nothing = nichts
interval-pt1m = pro Minute
interval-pt5m = je 5 Minuten
interval-pt15m = je 15 Minuten
interval-pt1h = pro Stunde
interval-pt3h = je 3 Stunden
interval-pt6h = je 6 Stunden
interval-p1d = pro Tag
interval-p7d = pro Woche
interval-p1m = pro Monat
interval-p3m = pro Quartal
interval-p1y = pro Jahr
interval-p10y = pro Jahrzehnt

## The list

events = Ereignisse
events-count = { $count ->
    [one] { $shown } Ereignis
   *[other] { $shown } Ereignisse
}
times-in = Zeiten in { $zone }
kind-of-event = Art des Ereignisses
no-address = Keine Adresse
details-of = Details zu { $label }, Zeile { $row }
acting-for = für { $name }
actor-user = Benutzer
actor-signee = Unterzeichner
actor-api-key = API-Schlüssel
actor-key-named = API-Schlüssel „{ $name }“
actor-service = Dienst
actor-anonymous = Anonym
outcome-failure = { $label } · fehlgeschlagen
outcome-denied = { $label } · verweigert
pages = Seiten
rows-of = { $rows } von { $total }
rows-per-page = Zeilen
show = Anzeigen
page-first = Erste Seite
page-previous = Zurück
page-next = Weiter

## How the page is shown

display = Ansicht
display-zone = Zeitzone
display-zone-device = dieses Geräts
display-times = Zeiten
display-language = Sprache
times-relative = Relativ
times-exact = Genau

## An empty list

empty-first-use = Noch ist nichts geschehen
    .hint = Senden Sie das erste Ereignis, dann erscheint es hier.
    .command = Ein Befehl, der ein Ereignis sendet
empty-no-activity = Noch keine Aktivität
    .hint = Sobald es etwas gibt, das Sie sehen dürfen, erscheint es hier.
empty-no-match = Keine passenden Ereignisse
    .hint = Mehrere Ihrer Filter zusammen lassen nichts übrig.
empty-bad-search = Diese Suche ist nicht zu verstehen
    .hint = Die Stelle ist unter der Suche markiert.
empty-bad-dates = „Bis“ liegt vor „Von“
    .hint = Wählen Sie die beiden Daten umgekehrt, oder verzichten Sie auf sie.
    .remove = Daten entfernen
empty-outside = { $count ->
    [one] { $shown } Ereignis passt, liegt
   *[other] { $shown } Ereignisse passen, liegen
} aber außerhalb von „{ $range }“.
    .remove = Gesamten Zeitraum zeigen
empty-without = { $choice } { $count ->
    [one] gibt es { $shown } Ereignis
   *[other] gibt es { $shown } Ereignisse
}.
without-search = Ohne die Suche nach „{ $words }“
    .remove = Suche nach „{ $words }“ entfernen
without-actor = Ohne den Benutzer
    .remove = Benutzer entfernen
without-category = Ohne die Kategorie
    .remove = Kategorie entfernen
without-action = Ohne die Aktion
    .remove = Aktion entfernen
without-kind = Ohne die Art
    .remove = Art entfernen
without-outcome = Ohne das Ergebnis
    .remove = Ergebnis entfernen
without-target = Ohne das Objekt
    .remove = Objekt entfernen
without-target-type = Ohne den Objekttyp
    .remove = Objekttyp entfernen
without-ip = Ohne die IP-Adresse
    .remove = IP-Adresse entfernen
without-process = Ohne den Vorgang
    .remove = Vorgang entfernen

## Dates

month-name = { $month ->
    [1] Jan.
    [2] Feb.
    [3] März
    [4] Apr.
    [5] Mai
    [6] Juni
    [7] Juli
    [8] Aug.
    [9] Sept.
    [10] Okt.
    [11] Nov.
   *[12] Dez.
}
weekday-name = { $weekday ->
    [1] Mo.
    [2] Di.
    [3] Mi.
    [4] Do.
    [5] Fr.
    [6] Sa.
   *[7] So.
}
half-name = { $half ->
    [am] vormittags
   *[pm] nachmittags
}
date-12h = { $day-padded }.{ $month-padded }.{ $year }, { $hour }:{ $minute }
date-second = { $day-padded }.{ $month-padded }.{ $year }, { $hour }:{ $minute }:{ $second }
date-full = { weekday-name }, { $day }. { month-name } { $year }, { $hour }:{ $minute }:{ $second }
date-day = { $day-padded }.{ $month-padded }.{ $year }
date-minute = { $day-padded }.{ $month-padded }.{ $year }, { $hour }:{ $minute }
date-bar-minute = { $day }. { month-name }, { $hour }:{ $minute }
date-bar-day = { weekday-name }, { $day }. { month-name }
date-bar-month = { month-name } { $year }

## Relative times

relative-minute =
    .ago = { $count ->
        [one] vor { $count } Minute
       *[other] vor { $count } Minuten
    }
    .in = { $count ->
        [one] in { $count } Minute
       *[other] in { $count } Minuten
    }
relative-hour =
    .ago = { $count ->
        [one] vor { $count } Stunde
       *[other] vor { $count } Stunden
    }
    .in = { $count ->
        [one] in { $count } Stunde
       *[other] in { $count } Stunden
    }
relative-day =
    .ago = { $count ->
        [one] vor { $count } Tag
       *[other] vor { $count } Tagen
    }
    .in = { $count ->
        [one] in { $count } Tag
       *[other] in { $count } Tagen
    }
relative-month =
    .ago = { $count ->
        [one] vor { $count } Monat
       *[other] vor { $count } Monaten
    }
    .in = { $count ->
        [one] in { $count } Monat
       *[other] in { $count } Monaten
    }
relative-year =
    .ago = { $count ->
        [one] vor { $count } Jahr
       *[other] vor { $count } Jahren
    }
    .in = { $count ->
        [one] in { $count } Jahr
       *[other] in { $count } Jahren
    }

## What the page's script says

script-just-now = gerade eben
script-not-in-list = Nicht in dieser Liste
script-start-of-list = Anfang dieser Liste
script-end-of-list = Ende dieser Liste
script-start-of-page = Anfang dieser Seite
script-end-of-page = Ende dieser Seite

## The details

open-as-page = Als Seite öffnen
details-previous = Vorheriges Ereignis
details-next = Nächstes Ereignis
details-close = Schließen
details-tabs = Teile der Einzelheiten
details-back = Alle Aktivitäten
details-more = Weitere Angaben
details-list-rest = Den Rest anzeigen
details-items = { $count ->
    [one] { $count } Eintrag
   *[other] { $count } Einträge
}
details-all-changes = { $count ->
    [one] { $count } geändertes Feld
   *[other] Alle { $count } geänderten Felder
}
details-all-fields = { $count ->
    [one] { $count } Feld anzeigen
   *[other] Alle { $count } Felder anzeigen
}
tab-overview = Überblick
tab-changes = Änderungen
tab-related = Verwandtes
tab-raw = Rohdaten
tab-proof = Nachweis
not-known = Nicht bekannt
opens-new-tab = (öffnet in neuem Tab)
copied = Kopiert
fact-name = Name
fact-name-and = Und
fact-by-user = Benutzer
fact-account = Verwendetes Konto
fact-ip = IP-Adresse
fact-date = Datum/Uhrzeit
fact-outcome = Ergebnis
fact-reason = Grund
fact-channel = Kanal
fact-device = Gerät
fact-audience = Sichtbar für
fact-recorded = Aufgezeichnet
result-success = Erfolgreich
result-failure = Fehlgeschlagen
result-denied = Verweigert
channel-web = Web
channel-api = API
channel-system = System
channel-webhook = Webhook
channel-import = Import
audience-administrators = Nur Administratoren
note-automated = Vermutlich kein Mensch: Ein Mail-Scanner oder ein anderes Programm hat dies geöffnet ({ $why }).
note-anomalies = Als Vorgeschichte übernommen; heute würde es abgelehnt ({ $why }).
note-before-creation = Soll geschehen sein, bevor das Dokument hier angelegt wurde.
note-redacted = Vor der Aufzeichnung entfernt: { $why }.
note-erased = Seitdem auf Verlangen gelöscht: { $what }.
note-erased-record = Vermerkt im Ereignis { $number }
erased-value = Gelöscht
erased-name = Name
erased-email = E-Mail-Adresse
erased-picture = Bild
erased-address = IP-Adresse
erased-device = Gerät
erased-place = Ort
erased-description = Beschreibung
related-erasure = Vermerke über die Löschung
related-erased = Woraus gelöscht wurde
raw-ids = Kennungen
raw-json = JSON
raw-label = Das Ereignis als JSON
id-event = Ereignis-ID
id-action = Aktion
id-process = Vorgang
id-signee = Unterzeichner
id-session = Sitzung
id-request = Anfrage

## What changed

changes-title = Änderungen
changes-created = Anfangswerte
changes-deleted = Werte vor der Löschung
changes-removed = Entfernte Werte
changes-set = Gesetzte Werte
changes-values = Werte
changes-none = Dieses Ereignis hat keine Felder geändert.
changes-field = Feld
changes-before = Vorher
changes-after = Nachher
changes-value = Wert
changes-into = wird zu
value-missing = nicht vorhanden
value-null = kein Wert
value-empty = leer

## Related events

related-none = Nichts anderes im Protokoll gehört zu diesem Ereignis.
related-parent = Gehört zu
related-cause = Folgt aus
related-implied = Daraus folgte
related-request = In derselben Anfrage
related-session = In derselben Sitzung
related-process = Im selben Vorgang
related-record = Verlauf von { $name }
related-record-all = Ganzer Verlauf
related-actor = { $name } um diese Zeit
related-all = Alle anzeigen

## The proof

proof-hidden = Dieses Ereignis ist durch den Hashwert unten in einem Protokoll festgehalten. Seine Position, und damit der Nachweis, würde verraten, wie viele Ereignisse Sie nicht sehen; darum steht hier beides nicht. Die Datei unten enthält beides, für alle, die es prüfen müssen.
proof-unsigned = Dieses Ereignis ist neuer als der signierte Kopf des Protokolls, der höchstens einmal in der Sekunde signiert wird. Öffnen Sie diesen Reiter gleich noch einmal.
proof-place = Dieses Ereignis ist Nummer { $number } von { $size } im Protokoll.
proof-by-server = Dieser Server ist dem Pfad vom Ereignis zur signierten Wurzel gefolgt: Er stimmt.
proof-wrong-server = Der Pfad führt nicht vom Ereignis zur signierten Wurzel. Das Protokoll könnte beschädigt sein; sagen Sie es dem Betreiber.
proof-in-page = Auf dieser Seite geprüft: Ihr Browser hat den Weg vom Blatt des Ereignisses zur Wurzel des signierten Kopfs nachgerechnet und die Signatur dieses Kopfs geprüft. Beides stimmt.
proof-in-page-path = Auf dieser Seite geprüft: Ihr Browser hat den Weg vom Blatt des Ereignisses zur Wurzel nachgerechnet, und er stimmt. Ed25519-Signaturen kann er nicht prüfen, deshalb wurde die Signatur des Kopfs hier nicht geprüft; everlog verify tut das.
proof-forged-page = Auf dieser Seite geprüft: Die Signatur des Kopfs stammt nicht vom Schlüssel unten oder gilt für etwas anderes. Das Protokoll ist womöglich beschädigt; sagen Sie es dem, der es betreibt.
proof-wrong-page = In dieser Seite geprüft: Der Pfad führt nicht zur signierten Wurzel. Das Protokoll könnte beschädigt sein; sagen Sie es dem Betreiber.
proof-no-crypto = Ihr Browser erlaubt ohne sichere Verbindung keine Prüfung in der Seite.
proof-meaning = Das beweist, dass ein Blatt mit diesem Hashwert an dieser Stelle des Protokolls steht, dessen Kopf mit dem Schlüssel unten signiert ist. Es beweist nicht, dass der Schlüssel der des Protokolls ist: Vergleichen Sie ihn mit dem, den Sie aufbewahrt haben. Auch öffnet es das Blatt nicht: Ob die gezeigten Wörter die gehashten sind, wird aus den gesalzenen Feldern des Ereignisses geprüft.
proof-event = Das Ereignis
proof-leaf = Hash des Blatts
proof-position = Position
proof-head = Der signierte Kopf
proof-origin = Protokoll
proof-size = Größe
proof-root = Hash der Wurzel
proof-signed = Signiert
proof-key = Schlüssel
proof-note = Signierte Notiz
proof-fingerprint = Fingerabdruck des Schlüssels (SHA-256)
proof-erased = Gelöschte Felder
proof-erased-what = Sie wurden auf Verlangen aus diesem Ereignis entfernt. Dass es sie gab und dass sonst nichts geändert wurde, ist weiterhin bewiesen.
proof-erased-fields = { $count ->
    [one] Ein Feld, auf Verlangen gelöscht
   *[other] { $count } Felder, auf Verlangen gelöscht
}
proof-erased-by = { $count ->
    [one] Ein Feld, gelöscht durch Ereignis { $record }
   *[other] { $count } Felder, gelöscht durch Ereignis { $record }
}
proof-file = Der Nachweis als Datei
proof-file-what = Das Ereignis mit seinem Beweis und dem signierten Kopf. Wer diese Datei und den Schlüssel des Protokolls hat, kann sie ohne diesen Server prüfen, mit everlog verify oder auf dieser Seite:
proof-file-take = Nachweis herunterladen
proof-path = { $count ->
    [one] { $count } Hashwert vom Blatt zur Wurzel
   *[other] { $count } Hashwerte vom Blatt zur Wurzel
}

## The history of a record

record-history = Verlauf
record-in = in
record-open = Datensatz öffnen
record-deleted-by = Gelöscht von
record-deleted-on = am
record-held = Er enthielt:
record-held-nothing = Kein Ereignis sagt, was er enthielt.
record-timeline = Zeitachse
record-pages = Seiten der Zeitachse
record-newer = Neuere
record-older = Ältere
record-more-fields = { $count ->
    [one] und { $count } weiteres Feld
   *[other] und { $count } weitere Felder
}
date-record-day = { weekday-name }, { $day }. { month-name } { $year }
state-now = Heutiger Stand
state-then = Damaliger Stand
state-at = Zu einem anderen Zeitpunkt
state-show = Anzeigen
state-back = Jetzt
state-link = Stand danach
state-exists = Vorhanden
state-gone = Nicht vorhanden
state-uncertain = Nicht bekannt, ob es ihn gab
state-no-values = Kein Ereignis nennt einen Wert.
state-inferred = Nur bekannt aus dem, was ein späteres Ereignis vorfand:
state-unknown = Zu diesem Zeitpunkt nicht bekannt:
state-gaps = Was das Protokoll nicht sagt
state-more-gaps = { $count ->
    [one] und { $count } ältere Lücke
   *[other] und { $count } ältere Lücken
}
state-too-many = Dieser Datensatz hat zu viele Ereignisse, um seinen Inhalt wiederherzustellen.
gap-creation = Wie er angelegt wurde, ist nicht aufgezeichnet: Das erste Ereignis dazu ist vom { $when } und fand ihn schon vor.
gap-initial_values = Er wurde am { $when } angelegt, ohne dass ein Wert genannt wurde.
gap-deletion = Er wurde am { $when } noch einmal angelegt, als er noch da war: Die Löschung ist nicht aufgezeichnet.
gap-return = Er wurde am { $when } nach seiner Löschung geändert: Wie er zurückkam, ist nicht aufgezeichnet.
gap-change = { $field } war am { $when } „{ $found }“, nach den Ereignissen davor aber „{ $known }“: Eine Änderung dazwischen ist nicht aufgezeichnet.

## Das Protokoll in einer anderen Seite

embedded-title = Aktivitätsprotokoll
embedded-loading = Das Protokoll wird geöffnet …
embedded-alone = Diese Seite zeigt ein Protokoll innerhalb einer anderen Seite. Öffnen Sie es dort.
embedded-ended = Ihre Sitzung ist abgelaufen
    .text = Öffnen Sie das Protokoll erneut, um dort weiterzumachen, wo Sie waren. Wenn das nicht gelingt, laden Sie diese Seite neu oder melden Sie sich wieder an.
embedded-renew = Protokoll erneut öffnen
embedded-not-listed = Diese Seite darf das Protokoll nicht zeigen
    .text = Die Organisation führt { $origin } nicht unter den Seiten, die ihr Protokoll zeigen dürfen. Eine Administratorin oder ein Administrator kann die Adresse in der Einstellung embed_origins ergänzen.

## Help

help-keys = Tastenkürzel
help-rows = Nächste und vorige Zeile
help-open = Details öffnen
help-pages = Vorige und nächste Seite
help-zone = Andere Zeitzone
help-help = Diese Hilfe
help-single-keys = Einzelne Tasten auf dieser Seite verwenden
help-all-words = Alle diese Wörter
help-phrase = Diese Wörter hintereinander
help-without = Ohne ein Wort
help-field = In einem Feld

## The page of the server itself

landing-what = Das Aktivitätsprotokoll Ihres Produkts: wer was wann und von wo getan hat, und was vorher war. Für immer aufbewahrt und nachweislich vollständig.
landing-docs = Dokumentation lesen
landing-looking = Suchen Sie Ihre Aktivitäten? Öffnen Sie sie aus Ihrem Produkt heraus.
landing-version = Version { $version }

## When there is no page

problem-unauthenticated = Ihre Sitzung ist beendet
    .text = Zu Ihrer Sicherheit dauert eine Sitzung nur begrenzte Zeit. Öffnen Sie das Aktivitätsprotokoll erneut aus Ihrem Produkt, und Sie sind wieder dort, wo Sie waren.
problem-unknown = Dieses Protokoll öffnen Sie aus Ihrem Produkt
    .text = Eine kopierte Adresse allein öffnet es nicht. Melden Sie sich in Ihrem Produkt an und öffnen Sie dort das Aktivitätsprotokoll; danach führt auch diese Adresse ans Ziel.
problem-used-link = Dieser Link ist abgelaufen oder wurde schon verwendet
    .text = Ein Link zum Aktivitätsprotokoll öffnet es ein Mal und nur für kurze Zeit. Öffnen Sie es erneut aus Ihrem Produkt, um einen neuen zu erhalten.
problem-forbidden = Ihre Rolle darf dieses Protokoll nicht öffnen
    .text = Nur bestimmte Rollen Ihrer Organisation dürfen das Aktivitätsprotokoll lesen. Wenn Sie etwas daraus brauchen, fragen Sie einen Inhaber oder Administrator.
problem-not-found = Diese Seite gibt es nicht
    .text = Prüfen Sie die Adresse, oder öffnen Sie das Aktivitätsprotokoll erneut aus Ihrem Produkt.
problem-no-event = Dieses Ereignis gibt es nicht
    .text = Es existiert nicht, oder Sie dürfen es nicht sehen.
problem-no-process = Dieses Dokument gibt es nicht
    .text = Es existiert nicht, oder Sie dürfen es nicht sehen.
problem-no-file = Diese Datei gibt es nicht
    .text = Das fertige PDF entsteht, sobald alle unterschrieben haben; vorher, und wenn das Dokument gelöscht wurde, gibt es nur den Audit Trail.
problem-param = Diese Adresse ist nicht zu verstehen
    .text = Der Teil „{ $part }“ ist ungültig.
problem-param-unknown = Einen solchen Teil gibt es nicht.
problem-param-repeated = Er darf nur einmal vorkommen.
problem-param-many = Er hat mehr als { $value } Werte.
problem-param-length = Ein Wert ist leer oder länger als { $value } Bytes.
problem-param-expected = Hier wird ein anderer Wert erwartet.
problem-param-date = Hier wird ein Datum wie 2026-11-20 erwartet, zwischen 1970 und 2100.
problem-param-range = Diesen Zeitraum gibt es nicht; wählen Sie einen aus der Liste.
problem-param-zone = Hier wird der Name einer Zeitzone wie Europe/Berlin erwartet.
problem-param-ip = Hier wird eine IPv4- oder IPv6-Adresse erwartet.
problem-param-target = Hier werden Art und Kennung wie lead:l_9 erwartet.
problem-param-number = Hier wird eine ganze Zahl in ihren Grenzen erwartet.
problem-param-cursor = Es gehört zu einer anderen Liste; beginnen Sie auf der ersten Seite.
problem-param-excludes = Er lässt sich nicht mit „{ $value }“ verbinden.
problem-param-pages = Hier gibt es keine Seiten; bitte lassen Sie ihn weg.
problem-param-before-from = Er liegt vor dem Anfang.
problem-unavailable = Das Protokoll ist ausgelastet
    .text = Es kann im Moment nichts aufzeichnen und öffnet sich deshalb auch nicht. Bitte versuchen Sie es in Kürze noch einmal.
problem-closed = Dieses Protokoll wird derzeit nur gelesen
    .text = Was gespeichert ist, stimmt nicht mit dem überein, was zuvor signiert wurde. Deshalb wird nichts aufgezeichnet, und was aufgezeichnet werden müsste, geht nicht. Der Betreiber weiß, was wiederherzustellen ist.
problem-damaged = Ein Teil dieses Protokolls ist beschädigt
    .text = Was gespeichert ist, stimmt nicht mehr mit dem überein, was aufgezeichnet wurde. Deshalb wird nichts davon gezeigt. Ein neuer Versuch hilft nicht: Nennen Sie dem Support die Nummer unten. Was aufgezeichnet wurde, lässt sich aus einer Sicherung wiederherstellen.
problem-failed = Bei uns ist etwas schiefgegangen
    .text = Es ist nichts verloren. Bitte versuchen Sie es noch einmal. Wenn es wieder geschieht, nennen Sie dem Support die Nummer unten.
problem-to-list = Alle Aktivitäten anzeigen
problem-to-documents = Alle Dokumente zeigen
problem-without-filters = Ohne Filter beginnen
problem-again = Noch einmal versuchen
problem-request = Anfrage

## Taking it away

export = Exportieren
export-holds = { $count ->
    [0] Kein Ereignis passt: Die Datei wäre leer.
    [one] Die Datei enthält das eine passende Ereignis.
   *[other] Die Datei enthält die { $shown } passenden Ereignisse.
}
export-csv = CSV (.csv)
export-xlsx = Excel (.xlsx)
export-jsonl = JSON Lines (.jsonl)
export-bundle = Prüfbare Nachweise (.bundle.jsonl)
export-failed = Die Datei konnte nicht geladen werden. Bitte versuchen Sie es noch einmal.
export-busy = Zu viele Dateien auf einmal
    .text = Gerade werden schon andere Dateien erstellt. Bitte versuchen Sie es in einigen Sekunden noch einmal.
export-refused = Diese Datei wird hier nicht angeboten
    .text = Ihre Organisation erlaubt nicht, das Aktivitätsprotokoll in dieser Form mitzunehmen.

## Filters on a value, and what is offered while one types

filter-edit = Diesen Filter ändern
filter-not = nicht
filter-for = Danach filtern
filter-out = Ausschließen
filter-back = Wieder danach filtern
copy = Kopieren
copy-link = Link kopieren
value-tools = Werkzeuge für diesen Wert
complete-label = Vorschläge
unknown-field = Ein Feld „{ $field }“ gibt es nicht; gesucht wird der Text selbst. Felder: { $fields }.
without-not = Ohne die Ausschlüsse
    .remove = Ausschlüsse entfernen
help-values = Nach einem Wert der Zeile filtern
script-copied = Kopiert
script-pending = Noch nicht angewendet: #
script-suggestions = # Vorschläge

## What comes in, and views that were kept

live = Live
waiting = Warten auf das erste Ereignis …
script-new-events = Neue Ereignisse: #
views = Ansichten
views-none = Noch keine. Wählen Sie Filter und geben Sie der Liste einen Namen.
view-delete = Die Ansicht „{ $name }“ löschen
view-name = Name
view-save = Speichern
view-exists = Eine Ansicht dieses Namens gibt es schon
view-replace = Ersetzen
view-keep = Behalten
problem-view = Das lässt sich nicht speichern
    .text = Der Name einer Ansicht hat 1 bis 80 Zeichen, und es sind höchstens 100 Ansichten möglich.
problem-foreign = Das wurde von einer anderen Website gesendet
    .text = Öffnen Sie das Aktivitätsprotokoll und führen Sie es dort aus.

## When the list does not come, and what the drawing above it offers

trouble-cut = Das Protokoll ist nicht erreichbar
    .text = Die Verbindung scheint unterbrochen. Sobald sie wieder steht, wird von selbst noch einmal gefragt.
trouble-unanswered = Es kam keine Antwort
    .text = Zwischen Ihnen und dem Protokoll ist etwas ausgefallen. Nichts ist verloren, und Ihre Frage bleibt erhalten.
problem-too-slow = Das hat zu lange gedauert
    .text = Eine Frage darf fünf Sekunden dauern. Fragen Sie nach weniger: nach einem kürzeren Zeitraum oder mit einem Filter mehr.
problem-ended-here = Ihre Sitzung ist abgelaufen
    .text = Öffnen Sie das Aktivitätsprotokoll in einem anderen Tab erneut aus Ihrem Produkt. Versuchen Sie es dann hier noch einmal: Suche und Filter bleiben erhalten.
chart-zoom-out = Herauszoomen
sort-by = Sortieren nach
sort-newest = Neueste zuerst
sort-oldest = Älteste zuerst
sort-rising = { $title }, aufsteigend
sort-falling = { $title }, absteigend

## Audit Trail

trail-title = Prüfprotokoll
trail-interim = Zwischenstand
    .text = Dieser Vorgang ist nicht beendet. Was nach { $when } geschieht, steht nicht in diesem Protokoll; am Ende des Vorgangs wird es neu erstellt.
trail-document = Dokument
trail-signees = Unterzeichner
trail-events = Ereignisse
trail-events-count = { $count ->
    [one] { $shown } Ereignis, keines ausgelassen
   *[other] { $shown } Ereignisse in ihrer Reihenfolge, keines ausgelassen
}
trail-no-events = Es gibt kein Ereignis.
trail-seal = Das Siegel
trail-verify = So wird geprüft
trail-page = Seite { $page } von { $pages }
trail-made = Erstellt { $when }
trail-name = Name
trail-file = Datei
trail-process = Vorgang
trail-status = Status
trail-organization = Organisation
trail-owner = Begonnen von
trail-created = Erstellt
trail-started = Beginn der Unterzeichnung
trail-ended = Beendet
trail-expires = Frist
trail-deleted = Dokument gelöscht
trail-reason = Grund
trail-order = Reihenfolge
    .signing = Nacheinander
trail-zone = Zeitzone
    .text = { $zone }; jedes Ereignis nennt seine Zeit auch in UTC
trail-sha256-before = SHA-256 wie angehängt
trail-sha256-after = SHA-256 wie unterzeichnet
trail-bytes = Größe
trail-size = { $count ->
    [one] { $shown } Byte
   *[other] { $shown } Bytes
}
trail-no-document = Diesem Vorgang wurde keine Datei angehängt.
trail-status-draft = Entwurf
trail-status-active = Läuft
trail-status-completed = Abgeschlossen
trail-status-canceled = Storniert
trail-status-expired = Abgelaufen
trail-cause-signed = alle Nötigen haben unterschrieben
trail-cause-manual = von Hand, durch den Absender
trail-cause-declined = ein Unterzeichner hat abgelehnt
trail-cause-bounced = eine Einladung war nicht zustellbar
trail-cause-all-removed = alle Unterzeichner wurden entfernt
trail-cause-revoked = zurückgezogen
trail-cause-expired = die Frist ist verstrichen
trail-stand-added = Noch nicht eingeladen
trail-stand-invited = Eingeladen
trail-stand-viewed = Angesehen
trail-stand-signed = Unterschrieben
trail-stand-declined = Abgelehnt
trail-stand-bounced = Nicht erreichbar
trail-stand-removed = Entfernt
trail-stand-forwarded = Weitergegeben
trail-stand-timed-out = Frist verstrichen
trail-role = Rolle
trail-optional = Freiwillig
trail-place = an Stelle { $place }
trail-email = E-Mail
trail-phone = Telefon
trail-address = Anschrift
trail-signature-type = Art der Unterschrift
trail-identified = Ausgewiesen durch
    .not = Nicht ausgewiesen; verlangt war: { $methods }
    .unasked = Es wurde kein Nachweis verlangt
trail-method-sms = Code per SMS
trail-method-otp = Einmalcode
trail-method-pin = PIN
trail-method-id-check = Prüfung der Identität
trail-sent = Eingeladen
    .times = { $count ->
    [one] { $when }
   *[other] { $when }, { $shown }-mal gesendet
}
trail-viewed = Angesehen
trail-signed = Unterschrieben
trail-declined = Abgelehnt
trail-forwarded-to = Weitergegeben an
trail-forwarded-from = Erhalten von
trail-verification-failed = Nach der Unterschrift schlug eine Prüfung fehl.
trail-ip = IP-Adresse
trail-device = Gerät
trail-time = Zeit
trail-event = Ereignis
trail-group-creation = Erstellung
trail-group-signer = Durch Unterzeichner
trail-group-team = Durch das Team
trail-group-system = Durch das System
trail-group-end = Abschluss
trail-number = Nr. { $number }
trail-recorded = aufgezeichnet { $when }
trail-about = Unterzeichner: { $name }
trail-for = für { $name }
trail-erased = Auf berechtigtes Verlangen gelöscht: { $what }.
trail-scanners = Zu den Adressen in diesem Protokoll
    .text = Mailprogramme prüfen Links auf Viren, indem sie sie öffnen, von irgendeiner Adresse aus; eine solche Adresse kann hier stehen, als hätte der Unterzeichner sie benutzt. Wo das wahrscheinlich ist, sagt es das Ereignis, und es gilt weder als angesehen noch als unterschrieben.
    .remedy = Ausschließen lässt es sich, indem Unterzeichner sich ausweisen müssen: Das Dokument bleibt verschlossen, bis der Code eingegeben ist, und erst dann gilt es als angesehen.
trail-seal-attests = Das Siegel bezeugt, dass diese Datei mit allen Ereignissen darin seit dem Siegeln nicht verändert wurde.
trail-seal-not = Es bezeugt nicht, wer die Unterzeichner sind. Wie jeder sich ausgewiesen hat, steht bei seinem Namen.
trail-seal-none = Diese Ausfertigung trägt kein Siegel. Die angehängte Aufzeichnung lässt sich dennoch prüfen, wie unten beschrieben.
trail-seal-appended = Die Bytes des Dokuments stehen unverändert am Anfang der Datei; diese Seiten folgen ihnen.
trail-seal-container = Das Dokument ist dieser Datei Byte für Byte angehängt; Signaturen, die es schon trägt, bleiben gültig.
trail-seal-alone = Diese Datei enthält nur das Protokoll. Es gehört zu dem Dokument mit der oben genannten Prüfsumme.
trail-seal-signer = Gesiegelt von
trail-seal-self-issued = { $signer } (selbst ausgestelltes Zertifikat)
trail-seal-certificate = Zertifikat, SHA-256
trail-seal-time = Zeit bezeugt von
    .own = der Uhr des Servers
trail-verify-how = Öffnen Sie die Adresse unten oder scannen Sie den Code, und wählen Sie diese Datei; oder prüfen Sie sie ohne Netz. Vergleichen Sie den Schlüssel des Protokolls mit dem, den die Organisation veröffentlicht.
trail-verify-inside = Dieser Datei angehängt: everlog-bundle.jsonl, die Aufzeichnung mit jedem Ereignis und seinem Nachweis, und audit-trail.json, dieses Protokoll für Programme.
trail-verify-url = Adresse
trail-verify-offline = Ohne Netz
trail-verify-key = Schlüssel des Protokolls
trail-verify-checkpoint = Signierter Stand
trail-verify-bundle = Aufzeichnung, SHA-256
trail-verify-code = QR-Code, der zu { $url } führt
## Characters that cannot be seen

mark-joiner = Unsichtbares Bindezeichen
mark-direction = Ändert die Schreibrichtung
mark-space = Nimmt keinen Platz ein
mark-emptiness = Sieht leer aus
mark-line = Zeilentrenner
mark-tag = Unsichtbare Markierung
mark-control = Steuerzeichen
mark-alphabets = gemischte Alphabete
    .why = Buchstaben, die gleich aussehen, aus verschiedenen Alphabeten

## Documents under signature: their list

processes-views = Dokumente und Aktivität
processes-documents = Dokumente
processes-activity = Gesamte Aktivität
processes-search = Name, Datei, Unterzeichner, Schlüssel
processes-starter = Gestartet von
processes-starter-any = Von allen gestartet
processes-status = Status
processes-all = Alle
processes-completed = Abgeschlossen
processes-active = Aktiv
processes-inactive = Nicht aktiv
processes-count = { $count ->
    [one] 1 Dokument
   *[other] { $shown } Dokumente
}
processes-signed = { $signed } von { $count } unterschrieben
processes-more = und { $count } weitere
processes-take = Audit Trail
processes-none = Noch keine Dokumente
    .hint = Sobald ein Unterschriftsvorgang angelegt ist, steht er hier.
processes-no-match = Kein Dokument passt

## One document under signature

process-back = Dokumente
process-facts = Zu diesem Dokument
process-trail = Audit Trail
process-final = Fertiges PDF mit Audit Trail
    .short = Fertiges PDF
process-trail-html = Audit Trail als Webseite
process-trail-pdf = Audit Trail als PDF
process-trail-json = Audit Trail als JSON
process-parts = Auf dieser Seite
process-signees-more = { $count ->
    [one] Noch ein Unterzeichner
   *[other] Noch { $count } Unterzeichner
}
process-no-signees = Noch niemand hinzugefügt.
process-log = Was geschah
process-order = Ordnung des Protokolls
process-by-time = Nach Zeit
process-by-group = Nach Gruppe
process-more = { $count ->
    [one] Ein weiteres Ereignis steht in der gesamten Aktivität.
   *[other] { $shown } weitere Ereignisse stehen in der gesamten Aktivität.
}
process-notices = Benachrichtigungen
process-types = Was die Arten bedeuten
signee-part = Teilnahme
notice-when = Wann
notice-channel = Nachricht
notice-to = An
notice-status = Status
message-invitation = Einladung
message-reminder = Erinnerung
message-confirmation = E-Mail an den Unterzeichner
message-salesperson = Mitteilung an den Absender
message-sms = SMS
sent-by-email = per E-Mail
sent-by-sms = per SMS
sent-by-whatsapp = per WhatsApp
sent-by-link = per Link
delivery-sent = Gesendet
delivery-accepted = Zur Zustellung angenommen
delivery-queued = Wartet
delivery-delivered = Zugestellt
delivery-opened = Geöffnet
delivery-clicked = Link angeklickt
delivery-failed = Fehlgeschlagen
delivery-bounced = Unzustellbar
delivery-rejected = Abgelehnt
delivery-undelivered = Nicht zugestellt
delivery-undeliverable = Nicht zustellbar
delivery-expired = Aufgegeben
delivery-complained = Als Spam gemeldet
delivery-unsubscribed = Abbestellt
automated = Vermutlich ein Programm
automated-head = es wurde nur gefragt, ob die Seite da ist
automated-agent = es nennt sich selbst als bekannten Scanner
automated-soon = Sekunden nach dem Versand des Links
automated-many = Links mehrerer Unterzeichner von einer Adresse geöffnet
automated-listed = eine Adresse, die als Scanner geführt wird
process-group-other = Anderes
occurs-document-created = Immer wenn ein Dokument angelegt wird.
occurs-document-attached = Wenn die Datei, die unterschrieben werden soll, angehängt wird, mit ihrer Prüfsumme.
occurs-document-accessed = Wenn der Link geöffnet wird. Das kann ein Programm gewesen sein und gilt noch nicht als angesehen.
occurs-signee-authenticated = Wenn ein Unterzeichner sich ausgewiesen hat.
occurs-reminder-sent = Wenn ein Unterzeichner erinnert wird.
occurs-trail-made = Wenn der Audit Trail erstellt und das fertige PDF versiegelt wurde.
occurs-signee-added = Für jeden Unterzeichner, der hinzukommt.
occurs-invitation-sent = Immer wenn das Dokument an einen Unterzeichner geht: einmal für jeden, auch wenn ihm das Dokument gehört.
occurs-document-started = Wenn die Unterzeichnung beginnt.
occurs-signee-authentication-enabled = Wenn ein Unterzeichner sich durch einen Code ausweisen soll.
occurs-document-viewed = Wenn ein Unterzeichner das Dokument gesehen hat.
occurs-document-signed = Wenn ein Unterzeichner unterschreibt. Nach der letzten nötigen Unterschrift ist das Dokument abgeschlossen.
occurs-document-declined = Wenn ein Unterzeichner ablehnt, mit Grund, falls einer genannt wurde.
occurs-signee-bounced = Wenn die E-Mail an einen Unterzeichner nicht zugestellt werden konnte.
occurs-signee-removed = Wenn ein freiwilliger Unterzeichner entfernt wird. Bleibt keiner, wird das Dokument abgebrochen.
occurs-document-forwarded = Wenn ein Unterzeichner das Dokument jemand anderem gibt, der dann eingeladen wird.
occurs-document-revoked = Wenn der Eigentümer oder ein berechtigtes Mitglied des Teams das Dokument zurückzieht.
occurs-document-expired = Wenn das Dokument nicht rechtzeitig abgeschlossen wurde.
occurs-delivery-sms = Wenn der Anbieter meldet, was aus einer SMS wurde.
occurs-delivery-confirmation = Wenn der Anbieter meldet, was aus einer E-Mail an einen Unterzeichner wurde.
occurs-delivery-salesperson = Wenn der Anbieter meldet, was aus der Mitteilung an den Absender wurde.
occurs-document-completed = Das gute Ende: Alle nötigen Unterschriften sind da.
occurs-document-canceled = Das Ende aus jedem anderen Grund, der genannt wird.

## Die Seite, die Dateien prüft

verify = Datei prüfen
verify-what = Ob ein Audit Trail oder der Nachweis eines Protokolls von diesem Server stammt und unverändert ist. Was in der Datei steht, wird niemandem gezeigt.
verify-choose = Datei auswählen oder hier ablegen
verify-choose-another = Andere Datei auswählen oder hier ablegen
verify-check = Prüfen
verify-checking = Wird geprüft …
verify-kept = Die Datei wird geprüft und nicht aufbewahrt. Bis zu { $most } MB.
verify-offline = Wer keinem Server vertrauen will, prüft ganz ohne:
verify-made = Ein Audit Trail mit diesem Nachweis wurde hier erstellt
    .text = Wählen Sie die Datei, um zu sehen, dass sie es ist, und unverändert.
verify-not-made = Dieser Nachweis ist hier nicht bekannt
    .text = Ein Audit Trail, der nur für einen Leser oder anderswo erstellt wurde, wird nicht vermerkt. Wählen Sie die Datei: Was sie enthält, wird trotzdem geprüft.
verify-made-when = Erstellt
verify-expected = Der Code, der hierher führte, nennt den Nachweis
verify-ours = Von diesem Server und unverändert
    .text = Die Datei wurde mit dem Schlüssel dieses Servers signiert. Seither wurde kein Zeichen geändert.
verify-foreign = Unverändert, aber nicht von diesem Server
    .text = Sie ist in sich stimmig und wurde mit einem anderen Schlüssel signiert. Ob es der richtige ist, weiß nur, wer jenes Protokoll betreibt.
verify-fails = Diese Datei wurde verändert oder ist nicht echt
    .text = Etwas darin wurde nachträglich geändert, oder sie stammt nie aus einem Protokoll. Verlassen Sie sich nicht darauf; bitten Sie den, von dem sie kommt, um das Original.
verify-unknown = Das lässt sich hier nicht prüfen
    .text = Sie trägt kein Siegel und keine Nachweise eines Protokolls; ob sie echt ist, wird damit nicht gesagt. Wählen Sie das PDF mit seinem Audit Trail oder das Bündel, genau wie Sie es erhalten haben.
verify-no-file = Es wurde keine Datei ausgewählt
    .text = Wählen Sie die Datei aus, die Sie erhalten haben, und prüfen Sie sie dann.
verify-too-large = Die Datei ist zu groß
    .text = Hier werden Dateien bis { $most } MB geprüft. Für größere gibt es den unten genannten Befehl.
verify-broke-off = Die Datei kam nicht vollständig an
    .text = Die Verbindung brach ab oder war zu langsam. Bitte versuchen Sie es noch einmal.
verify-busy = Gerade werden viele Dateien geprüft
    .text = Bitte versuchen Sie es in ein paar Sekunden noch einmal.
verify-why-head = Was signiert ist, passt nicht zur Signatur.
verify-why-event = Das Ereignis in Zeile { $line } ist nicht das, was aufgezeichnet wurde.
verify-why-order = Ereignisse fehlen oder stehen nicht in der Reihenfolge des Protokolls.
verify-why-count = Die Datei enthält andere Ereignisse, als sie angibt.
verify-why-root = Die Ereignisse ergeben zusammen nicht das Protokoll, das signiert wurde.
verify-why-erasure = Ein Wert soll gelöscht worden sein, aber es ist kein Vermerk darüber da.
verify-other = Eine echte Datei, aber nicht die, die der Code nennt
    .text = Nichts darin wurde geändert. Der Code, der hierher führte, ist auf einem anderen Audit Trail gedruckt.
verify-code = Die Datei, die der Code nennt
verify-code-yes = Ja
verify-code-no = Nein: der Code stammt von einer anderen
verify-sealed = Versiegelt, nach der Uhr des Servers
verify-stamped = Versiegelt, nach einem Zeitstempeldienst
verify-document = Dokument
verify-document-none = Es wurde keines hinterlegt
verify-document-appended = Am Anfang der Datei, so wie es hinterlegt wurde
verify-document-container = In der Datei enthalten, so wie es hinterlegt wurde
verify-document-alone = Nicht in der Datei: sie ist der Audit Trail allein
verify-trail-events = Ereignisse im Audit Trail
verify-certificate = SHA-256 des Siegelzertifikats
verify-why-unsealed = Sie trägt kein Siegel: ihre Seiten können geändert worden sein.
verify-why-seal = Das Siegel ist gebrochen: nach dem Versiegeln wurde etwas geändert.
verify-why-other-seal = Der Nachweis ist von hier, versiegelt wurde die Datei aber von jemand anderem.
verify-why-missing = Der Nachweis, der hineingehört, ist nicht da.
verify-why-evidence = Der Nachweis darin hält der Prüfung nicht stand.
verify-why-document = Das Dokument darin ist nicht das, das hinterlegt wurde.
verify-why-trail = Der Audit Trail darin sagt nicht, was der Nachweis sagt.
verify-events = Ereignisse in der Datei
verify-whole = Ganzes Protokoll
verify-whole-yes = Ja: kein Ereignis fehlt
verify-whole-no = Nein: jedes enthaltene Ereignis steht im Protokoll; ob es weitere gibt, ist nicht bewiesen
verify-log-size = Ereignisse im Protokoll bei der Signatur
verify-withheld = Zurückgehaltene Werte
verify-erased = Gelöschte Werte, jeder mit Vermerk
verify-key = Signiert von
verify-file-size = Größe der Datei
verify-file-hash = SHA-256 der Datei
verify-bytes = { $count ->
    [one] Ein Byte
   *[other] { $shown } Byte
}
