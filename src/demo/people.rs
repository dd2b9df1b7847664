//! People and places of the demo, in the scripts that readers of a log write their names in. Deliberately absent: anyone
//! real.

use crate::demo::random::Random;

/// Somebody who may act, sign or be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// The name as its bearer writes it.
    pub name: &'static str,
    /// The name in an e-mail address.
    pub handle: &'static str,
    /// Where they usually are.
    pub place: &'static str,
}

const fn person(name: &'static str, handle: &'static str, place: &'static str) -> Person {
    Person { name, handle, place }
}

/// Everybody.
pub const PEOPLE: &[Person] = &[
    person("Meera Iyer", "meera.iyer", "Bengaluru, India"),
    person("Zoë Brânză", "zoe.branza", "Cluj-Napoca, Romania"),
    person("Łukasz Wójcik", "lukasz.wojcik", "Gdańsk, Poland"),
    person("Ελένη Παπαδάκη", "eleni.papadaki", "Chania, Greece"),
    person("Ольга Кравець", "olha.kravets", "Lviv, Ukraine"),
    person("ليلى حداد", "layla.haddad", "Beirut, Lebanon"),
    person("נועה ברק", "noa.barak", "Haifa, Israel"),
    person("अनन्या शर्मा", "ananya.sharma", "Pune, India"),
    person("王晓明", "wang.xiaoming", "Suzhou, China"),
    person("佐藤 美咲", "misaki.sato", "Sapporo, Japan"),
    person("김서연", "seoyeon.kim", "Daegu, South Korea"),
    person("สมชาย ใจดี", "somchai.jaidee", "Chiang Mai, Thailand"),
    person("Nguyễn Thị Hương", "huong.nguyen", "Đà Nẵng, Vietnam"),
    person("Søren Ærtebjerg", "soren.aertebjerg", "Aarhus, Denmark"),
    person("Inês Gonçalves", "ines.goncalves", "Braga, Portugal"),
    person("Þórdís Jónsdóttir", "thordis.jonsdottir", "Akureyri, Iceland"),
    person("Ana Ruiz", "ana.ruiz", "Valencia, Spain"),
    person("Chidi Okafor", "chidi.okafor", "Enugu, Nigeria"),
    person("Jürgen Großmann", "juergen.grossmann", "Lübeck, Germany"),
    person("Mary-Kate O’Brien", "marykate.obrien", "Galway, Ireland"),
    person("Дмитро Шевчук", "dmytro.shevchuk", "Odesa, Ukraine"),
    person("Νίκος Αλεξίου", "nikos.alexiou", "Patras, Greece"),
    person("يوسف المصري", "youssef.elmasry", "Alexandria, Egypt"),
    person("דניאל כהן", "daniel.cohen", "Be’er Sheva, Israel"),
    person("रोहन देशमुख", "rohan.deshmukh", "Nagpur, India"),
    person("陳怡君", "chen.yijun", "Tainan, Taiwan"),
    person("山本 健太", "kenta.yamamoto", "Kobe, Japan"),
    person("박지훈", "jihoon.park", "Busan, South Korea"),
    person("พิมพ์ชนก แก้วใส", "pimchanok.kaewsai", "Khon Kaen, Thailand"),
    person("Trần Văn Đức", "duc.tran", "Huế, Vietnam"),
    person("Siobhán Ní Dhuibhir", "siobhan.nidhuibhir", "Limerick, Ireland"),
    person("Amélie Lefèvre", "amelie.lefevre", "Nantes, France"),
    person("Gülşen Yıldız", "gulsen.yildiz", "İzmir, Türkiye"),
    person("Katarína Šťastná", "katarina.stastna", "Košice, Slovakia"),
    person("Mbali Dlamini", "mbali.dlamini", "Durban, South Africa"),
    person("Ərəstun Quliyev", "arastun.quliyev", "Bakı, Azerbaijan"),
    person("Ekaitz Etxeberria", "ekaitz.etxeberria", "Bilbao, Spain"),
    person("Ivana Đurđević", "ivana.djurdjevic", "Novi Sad, Serbia"),
    person("Thandiwe Ncube", "thandiwe.ncube", "Bulawayo, Zimbabwe"),
    person("Luís Araújo", "luis.araujo", "Recife, Brazil"),
];

/// What other companies of the demo are called.
pub const COMPANIES: &[&str] = &[
    "Aurelia Textiles",
    "Μελτέμι Ναυτιλία",
    "Brückenbau Nord",
    "さくら製作所",
    "Café do Mercado",
    "Дніпро Логістика",
    "Fjordlys Energi",
    "한빛 소프트",
    "Ívar & Dætur",
    "مطبعة الأرز",
    "Kestrel Optics",
    "सह्याद्री फूड्स",
    "Nguyên Xanh Farms",
    "אורנים ביוטק",
    "Öresund Papper",
    "玉兰医疗",
    "Quinta das Oliveiras",
    "ร้านดอกคูน",
    "Sierra Blanca Seguros",
    "Żuraw Maritime",
];

/// Browsers and phones.
const DEVICES: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.4 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:151.0) Gecko/20100101 Firefox/151.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.4 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Mobile Safari/537.36",
];

impl Person {
    /// Their address at a company of the demo.
    pub fn email(&self, domain: &str) -> String {
        format!("{}@{domain}", self.handle)
    }

    /// Their usual address on the network, of the ranges kept for documentation (RFC 5737, RFC 3849).
    pub fn ip(&self) -> String {
        let mut random = Random::seeded(self.handle);
        let host = random.between(2, 254);
        match random.between(0, 3) {
            0 => format!("192.0.2.{host}"),
            1 => format!("198.51.100.{host}"),
            2 => format!("203.0.113.{host}"),
            _ => format!("2001:db8:{:x}::{host:x}", random.between(1, 0xffff)),
        }
    }

    /// Their usual device.
    pub fn user_agent(&self) -> &'static str {
        Random::seeded(self.name).pick::<&str>(DEVICES)
    }
}
