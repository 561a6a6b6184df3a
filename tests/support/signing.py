"""Letters that are signed while notifier may be dying."""

from collections.abc import Mapping

import httpx

from tests.town import NAME, Story, Town


async def sign_letters(town: Town, story: Story, count: int) -> None:
    """Sign drafts; what notifier, which may be dying, does not answer has to be asked again."""
    notifier = town.fleet.clients["notifier"]
    signed = {code for code, kind, _ in story.expected if kind == "letter.approved"}
    try:
        letters = (await notifier.get("/v1/letters")).raise_for_status().json()["letters"]
    except httpx.HTTPError:
        return
    for dossier in [letter["dossier"] for letter in letters if letter["dossier"] in story.codes - signed][:count]:
        story.signed(dossier)
        story.unanswered.append(dossier)
        try:
            answer = await look_and_sign(notifier, dossier, signature(story), to=NAME)
        except httpx.TransportError:
            continue
        if answer.status_code < 500 and not _too_early(answer):
            assert answer.status_code == 202, answer.text
            story.unanswered.remove(dossier)


def _too_early(answer: httpx.Response) -> bool:
    """Whether the reception or the contact has not reached notifier, which may have died before it: the letter is asked for
    again later."""
    only_seen = answer.status_code == 200
    return only_seen or (answer.status_code == 409 and [error["rule"] for error in answer.json()["errors"]] == ["received"])


async def look_and_sign(
    notifier: httpx.AsyncClient,
    dossier: str,
    decided: dict[str, str],
    headers: Mapping[str, str] | None = None,
    *,
    to: str = "",
) -> httpx.Response:
    """Look at the letter that would be sent, and sign that one; the first answer that is none of the kind. `to`: whom it has to
    name; one that names nobody yet is back on the desk once its contact comes, and is only looked at."""
    seen = await notifier.post(f"/v1/letters/{dossier}/preview", json=decided, headers=headers)
    if seen.status_code != 200 or to not in seen.json()["addressee"]:
        return seen
    named = {**decided, "previewed": seen.json()["digest"]}
    return await notifier.post(f"/v1/letters/{dossier}/approval", json=named, headers=headers)


async def look_and_answer(notifier: httpx.AsyncClient, petition: str, *, numbered: bool) -> httpx.Response:
    """The same of a letter that answers a petition."""
    path = f"/v1/letters/{petition}/answer"
    words = {"note": "đã nêu đúng việc cần sửa", "done": "đã sửa và nhắc cán bộ", "numbered": numbered}
    seen = await notifier.post(f"{path}/preview", json=words)
    if seen.status_code != 200:
        return seen
    return await notifier.post(f"{path}/approval", json={**words, "previewed": seen.json()["digest"]})


def signature(story: Story) -> dict[str, str]:
    """What the signer fills in."""
    return {"reason": "workload", "new_due_at": story.new_due}


async def ask_again(town: Town, story: Story) -> None:
    """Sign what was not answered; 409 says that it had been taken."""
    while story.unanswered:
        answer = await look_and_sign(town.fleet.clients["notifier"], story.unanswered.pop(), signature(story))
        assert answer.status_code in (202, 409), answer.text
