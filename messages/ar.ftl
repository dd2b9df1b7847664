## The language itself

language-direction = rtl

## What every page has

refresh = تحديث

## The list

rows-per-page = الصفوف

## The details

open-as-page = فتح كصفحة
