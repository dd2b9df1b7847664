//! What people of the demo's organizations do all day, one module for each. Deliberately absent: dates; the scribe has the
//! calendar.

use crate::demo::people::{PEOPLE, Person};
use crate::demo::random::Random;
use crate::demo::scribe::{Actor, Scribe};

pub mod documents;
pub mod platform;
pub mod signing;
pub mod workspace;

/// A story that begins at a moment, and how often it is told.
pub struct Told<T>(pub i64, pub fn(&mut T, &mut Scribe, i64));

/// Tells stories at every opening of the history: each once, then by their weights.
pub fn tell_all<T>(teller: &mut T, scribe: &mut Scribe, per_workday: i64, stories: &[Told<T>]) {
    let total: i64 = stories.iter().map(|story| story.0).sum();
    for (number, at) in scribe.openings(per_workday).into_iter().enumerate() {
        let mut story = stories.get(number);
        let mut left = scribe.random.between(1, total);
        for candidate in stories {
            left -= candidate.0;
            if left <= 0 {
                story = story.or(Some(candidate));
            }
        }
        if let Some(Told(_, tell)) = story {
            tell(teller, scribe, at);
        }
    }
}

/// The members of an organization, from handles and roles.
pub fn cast(domain: &str, members: &[(&str, &str)]) -> Vec<Actor> {
    let found = |handle: &str| PEOPLE.iter().find(|person| person.handle == handle);
    let people = members.iter().filter_map(|(handle, role)| Some((found(handle)?, role)));
    people.enumerate().map(|(at, (person, role))| Actor::user(person, at + 1, domain, role)).collect()
}

/// A member, sooner one of the first.
pub fn busy(random: &mut Random, staff: &[Actor]) -> Actor {
    let at = random.position(staff.len()).min(random.position(staff.len()));
    staff[at].clone()
}

/// Somebody who does not belong to the organization.
pub fn outsider(random: &mut Random, staff: &[Actor]) -> Person {
    let is_outside = |person: &&Person| staff.iter().all(|member| member.text("name") != person.name);
    let outside: Vec<&Person> = PEOPLE.iter().filter(is_outside).collect();
    **random.pick(&outside)
}
