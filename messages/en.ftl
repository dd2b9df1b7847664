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
