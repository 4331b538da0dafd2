using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Quorate.Engine.Ports;

namespace Quorate.Server.Security;

/// <summary>Who makes a request.</summary>
/// <param name="User">Whose work it is.</param>
/// <param name="Token">The session or key that let them in; null for anonymous use.</param>
internal sealed record Caller(UserAccount User, AccessToken? Token)
{
    public bool Anonymous => User.Id == IAccountStore.AnonymousId;

    public ClaimsPrincipal ToPrincipal() => new(new ClaimsIdentity(
        [new Claim(ClaimTypes.NameIdentifier, $"{User.Id}"), new Claim(ClaimTypes.Name, User.Name), new Claim(ClaimTypes.Role, $"{User.Role}")],
        CallerAuthentication.Scheme));
}

internal static class CallerContext
{
    private static readonly object Key = new();

    /// <summary>Of a request that the authorization let through.</summary>
    public static Caller Caller(this HttpContext context) => (Caller)context.Items[Key]!;

    public static Caller? FindCaller(this HttpContext context) => context.Items[Key] as Caller;

    public static void Set(this HttpContext context, Caller caller) => context.Items[Key] = caller;
}
