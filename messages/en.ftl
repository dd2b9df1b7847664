### The words of the viewer. One file a language; a language is added by adding its file.
### Every id here is used, and stands in every file; a test sees to it.

## The language itself

# ltr or rtl.
language-direction = ltr

## What every page has

refresh = Refresh

## The list

rows-per-page = Rows

## The details

open-as-page = Open as a page

## The log inside another page

embedded-title = Activity log
embedded-loading = The log is being opened…
embedded-alone = This page shows a log inside another page. Open it there.
embedded-ended = Your session has ended
embedded-ended-text = The page around this log has been asked to open it again. As soon as it does, you go on where you were.
embedded-renew = Ask again
embedded-not-listed = This page may not show the log
embedded-not-listed-text = The organization does not list { $origin } among the pages that may show its log. An administrator can add it to the setting embed_origins.
