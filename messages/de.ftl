## The language itself

language-direction = ltr

## What every page has

refresh = Aktualisieren

## The list

rows-per-page = Zeilen

## The details

open-as-page = Als Seite öffnen
