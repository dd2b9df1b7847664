//! PDF files of strangers: read strictly, mended, looked into, checked. Deliberately absent: files that we sealed (`sealed`).

#![no_main]

use everlog::evidence::Verdict;
use everlog::evidence::pdf::check_pdf;
use everlog::trail::file::File;
use everlog::trail::file::pages::pages;
use everlog::trail::inspect::inspect;
use everlog_core::bundle::Trust;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for file in [File::read(bytes), File::recover(bytes)].into_iter().flatten() {
        for number in file.numbers().take(100) {
            let _ = file.object(number);
        }
        let _ = pages(&file);
    }
    let _ = inspect(bytes);
    let check = check_pdf(bytes, &Trust::default(), &[]);
    assert_ne!(check.verdict(), Verdict::Holds, "nobody sealed this");
});
