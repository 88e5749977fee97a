//! Tier 1 as a text for a model: which skills there are, within a budget.

use std::borrow::Cow;

use serde::Serialize;

use super::Skill;
use super::detail::SkillDetail;
use super::excerpt::{first_sentence, shorten};
use super::prompt_format::PromptFormat;
use super::token_estimate::{QUARTERS, estimate_tokens, quarters};

/// What no description is shortened below as long as others are longer, in quarters of a token: about 200 characters.
const FLOOR: usize = 50 * QUARTERS;

/// How a [`Prompt`] is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PromptOptions {
    /// Its form. Default: XML.
    pub format: PromptFormat,
    /// The most tokens it may have by [`estimate_tokens`]. Default: no bound.
    pub budget_tokens: Option<usize>,
    /// Skills with `disable-model-invocation: true`, too. Default: those are for people and left out.
    pub all: bool,
}

/// The catalogue as a model gets it: name, description and location of each skill.
///
/// Within a budget, and the same skills always give the same text: first the longest descriptions are shortened, all to
/// one length, at the end of a sentence or a word with `…`, down to about 200 characters; then, the longest first, they
/// are cut to their first sentence; then skills are left out, the last first. The budget is never exceeded: one too
/// small for an empty catalogue gives an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Prompt {
    /// Its form.
    pub format: PromptFormat,
    /// The text, without a line end.
    pub text: String,
    /// Its tokens by [`estimate_tokens`].
    pub tokens: usize,
    /// The names of the skills in it.
    pub skills: Vec<String>,
    /// Those of them whose description is not whole.
    pub shortened: Vec<String>,
    /// The names of the skills that the budget had no room for.
    pub left_out: Vec<String>,
    /// The names of the skills that are not for models: `disable-model-invocation: true`.
    pub hidden: Vec<String>,
}

/// What a prompt says of one skill.
pub(crate) struct Subject<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
    pub(crate) location: Cow<'a, str>,
    pub(crate) model_invocable: bool,
}

/// One skill's part of the text.
struct Item {
    name: String,
    head: String,
    description: String,
    tail: String,
    /// Of head, tail and separator.
    fixed: usize,
    /// Of the description, whole.
    whole: usize,
}

impl Prompt {
    /// Makes the prompt of these skills, in this order.
    #[must_use]
    pub fn new(skills: &[SkillDetail], options: &PromptOptions) -> Self {
        Self::of(skills.iter().map(Subject::from), options)
    }

    pub(crate) fn of<'a>(subjects: impl Iterator<Item = Subject<'a>>, options: &PromptOptions) -> Self {
        let format = options.format;
        let (shown, hidden): (Vec<_>, Vec<_>) =
            subjects.partition(|subject| options.all || subject.model_invocable);
        let hidden = hidden.into_iter().map(|subject| subject.name.to_owned()).collect();
        let items: Vec<Item> = shown.into_iter().map(|subject| Item::new(&subject, format)).collect();
        let frame = quarters(format.opening()) + quarters(format.closing());
        let budget = options.budget_tokens.map_or(usize::MAX, |tokens| tokens.saturating_mul(QUARTERS));
        let mut prompt = Self { format, hidden, ..Self::default() };
        let Some(room) = budget.checked_sub(frame) else {
            prompt.left_out = items.into_iter().map(|item| item.name).collect();
            return prompt;
        };
        let (descriptions, count) = fit(&items, format, room);
        prompt.text.push_str(format.opening());
        for (index, (item, description)) in items.iter().zip(&descriptions).take(count).enumerate() {
            if index > 0 {
                prompt.text.push_str(format.separator());
            }
            if *description != item.description {
                prompt.shortened.push(item.name.clone());
            }
            prompt.text.push_str(&item.head);
            prompt.text.push_str(&format.text(description));
            prompt.text.push_str(&item.tail);
        }
        prompt.text.push_str(format.closing());
        prompt.tokens = estimate_tokens(&prompt.text);
        let mut names = items.into_iter().map(|item| item.name);
        prompt.skills = names.by_ref().take(count).collect();
        prompt.left_out = names.collect();
        prompt
    }
}

impl<'a> From<&'a SkillDetail> for Subject<'a> {
    fn from(skill: &'a SkillDetail) -> Self {
        Self {
            name: &skill.descriptor.name,
            description: &skill.descriptor.description,
            location: skill.manifest_path.to_string_lossy(),
            model_invocable: skill.descriptor.model_invocable,
        }
    }
}

impl<'a> From<&'a Skill> for Subject<'a> {
    fn from(skill: &'a Skill) -> Self {
        Self {
            name: &skill.manifest.name,
            description: &skill.manifest.description,
            location: skill.manifest_path.to_string_lossy(),
            model_invocable: skill.manifest.is_model_invocable(),
        }
    }
}

impl Item {
    fn new(subject: &Subject<'_>, format: PromptFormat) -> Self {
        let (head, tail) = (format.head(&format.cleaned(subject.name)), format.tail(&subject.location));
        let fixed = quarters(&head) + quarters(&tail) + quarters(format.separator());
        let description = format.cleaned(subject.description);
        let whole = cost(&description, format);
        Self { name: subject.name.to_owned(), head, description, tail, fixed, whole }
    }

    fn at_most(&self, cap: usize, format: PromptFormat) -> Cow<'_, str> {
        match self.whole <= cap {
            true => Cow::Borrowed(self.description.as_str()),
            false => shorten(&self.description, cap, |c| format.cost(c)),
        }
    }
}

/// What a text costs once it is escaped.
fn cost(text: &str, format: PromptFormat) -> usize {
    text.chars().map(|c| format.cost(c)).sum()
}

/// The descriptions that fit into the room, and how many of the skills do.
fn fit(items: &[Item], format: PromptFormat, room: usize) -> (Vec<Cow<'_, str>>, usize) {
    let all = |cap: usize| items.iter().map(|item| item.at_most(cap, format)).collect::<Vec<_>>();
    let fixed: usize = items.iter().map(|item| item.fixed).sum();
    let total = |cap: usize| -> usize {
        let costs = items.iter().map(|item| match item.whole <= cap {
            true => item.whole,
            false => cost(&item.at_most(cap, format), format),
        });
        fixed + costs.sum::<usize>()
    };
    let longest = items.iter().map(|item| item.whole).max().unwrap_or_default();
    if total(longest) <= room {
        return (all(longest), items.len());
    }
    if total(FLOOR) <= room {
        // `low` fits, `high` does not.
        let (mut low, mut high) = (FLOOR, longest);
        while high - low > 1 {
            let middle = low.midpoint(high);
            if total(middle) <= room {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (all(low), items.len());
    }
    let mut descriptions = all(FLOOR);
    let mut costs: Vec<usize> = descriptions.iter().map(|text| cost(text, format)).collect();
    let mut left = fixed + costs.iter().sum::<usize>();
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse((costs.get(*index).copied(), *index)));
    for index in order {
        if left <= room {
            break;
        }
        let (Some(item), Some(description), Some(spent)) =
            (items.get(index), descriptions.get_mut(index), costs.get_mut(index))
        else {
            continue;
        };
        let first = first_sentence(&item.description, |c| format.cost(c));
        let less = cost(&first, format);
        if less < *spent {
            left = left - *spent + less;
            (*description, *spent) = (first, less);
        }
    }
    let mut spent = 0;
    let count = items.iter().zip(&costs).take_while(|(item, cost)| {
        spent += item.fixed + **cost;
        spent <= room
    });
    let count = count.count();
    (descriptions, count)
}
