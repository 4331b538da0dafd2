using Microsoft.AspNetCore.Http;
using Quorate.Server.Requests;
using Quorate.Server.Security;

namespace Quorate.Server.Endpoints;

/// <summary>
/// Clients may send a user's name with a question or for a history. It decides nothing: the caller's own is right, another user's is
/// refused. From an anonymous caller any name that no account has is let pass; the work belongs to the anonymous user all the same.
/// </summary>
internal static class CallerName
{
    public static async Task<IResult?> RefuseAsync(string? name, Caller caller, ServerParts parts, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(name) || string.Equals(name, caller.User.Name, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (!caller.Anonymous)
        {
            return Problem.OfField("username", name, $"your own name, {caller.User.Name}, or none", StatusCodes.Status403Forbidden);
        }

        return await parts.Accounts.FindAsync(name, cancellationToken) is null
            ? null
            : Problem.OfField("username", name, "log in to act as this user", StatusCodes.Status401Unauthorized);
    }
}
