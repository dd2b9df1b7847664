## The language itself

language-direction = ltr

## What every page has

refresh = Aktualisieren

## The list

rows-per-page = Zeilen

## The details

open-as-page = Als Seite öffnen

## Das Protokoll in einer anderen Seite

embedded-title = Aktivitätsprotokoll
embedded-loading = Das Protokoll wird geöffnet …
embedded-alone = Diese Seite zeigt ein Protokoll innerhalb einer anderen Seite. Öffnen Sie es dort.
embedded-ended = Ihre Sitzung ist abgelaufen
embedded-ended-text = Die umgebende Seite wurde gebeten, das Protokoll wieder zu öffnen. Sobald sie das tut, geht es dort weiter, wo Sie waren.
embedded-renew = Noch einmal bitten
embedded-not-listed = Diese Seite darf das Protokoll nicht zeigen
embedded-not-listed-text = Die Organisation führt { $origin } nicht unter den Seiten, die ihr Protokoll zeigen dürfen. Eine Administratorin oder ein Administrator kann die Adresse in der Einstellung embed_origins ergänzen.
