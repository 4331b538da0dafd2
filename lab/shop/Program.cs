using Quorate.Lab.Shop.Roles;
using Quorate.Lab.Shop.Tools;

// One executable, one service per process: the first argument says which.
string role = args.FirstOrDefault() ?? "help";
try
{
    return role switch
    {
        "edge" => await Edge.RunAsync(RoleHost.Create("shop", role, 7101)),
        "api" => await Api.RunAsync(RoleHost.Create("shop", role, 7102)),
        "store" => await Store.RunAsync(RoleHost.Create("shop", role, 7103)),
        "cache" => await Cache.RunAsync(RoleHost.Create("shop", role, 7104)),
        "queue" => await Queue.RunAsync(RoleHost.Create("shop", role, 7105)),
        "worker" => await Worker.RunAsync(RoleHost.Create("shop", role, 7106)),
        "load" => await Load.RunAsync(args[1..], "http://127.0.0.1:7801"),
        "health" => await HealthCommand.RunAsync(args[1..]),
        _ => Usage.Print(role),
    };
}
catch (UsageException mistake)
{
    await Console.Error.WriteLineAsync($"shop {role}: {mistake.Message}");
    return 2;
}
catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
{
    // Typically the port is taken: the line says so in the same form as every other line of the service.
    new JsonLog(Env.Text("SHOP_SERVICE", role), TimeProvider.System).Write("FATAL", failure.Message, failure);
    return 1;
}
