using Quorate.Contracts.Asking;

namespace Quorate.Engine.Ask.Decision;

/// <summary>Whether an outcome is less than was asked for, as far as its members' parts tell.</summary>
internal static class Degradation
{
    /// <summary>A member failed, was left out or came too late, or fewer than a quorum gave what counts. Who was not needed any more counts as given.</summary>
    public static bool Of(bool isVote, int quorum, IEnumerable<(string Status, string? Error, string? Vote)> parts)
    {
        var all = parts.ToList();
        return all.Count(p => p.Error == MemberError.NotNeeded || (p.Status == ResponseStatus.Ok && (!isVote || p.Vote is not null))) < quorum
            || all.Exists(p => p.Status != ResponseStatus.Ok && p.Error is not (MemberError.NotNeeded or MemberError.NotFound));
    }
}
