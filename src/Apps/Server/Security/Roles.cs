using Microsoft.AspNetCore.Authorization;
using Quorate.Engine.Ports;

namespace Quorate.Server.Security;

/// <summary>What endpoints ask for; without a policy any user will do.</summary>
internal static class Roles
{
    public const string Operator = "operator";

    public static void Set(AuthorizationOptions options)
    {
        // Endpoints are closed unless they say otherwise.
        options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
        options.DefaultPolicy = options.FallbackPolicy;
        options.AddPolicy(Operator, p => p.RequireRole($"{UserRole.Operator}", $"{UserRole.Admin}"));
    }
}
